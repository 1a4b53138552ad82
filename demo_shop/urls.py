from django.urls import path

from demo_shop import views

app_name = "demo_shop"

urlpatterns = [
    path("", views.to_shop, name="home"),
    path("shop/", views.shop, name="shop"),
    path("shop/basket", views.change_basket, name="basket"),
    path("shop/checkout", views.check_out, name="checkout"),
]
