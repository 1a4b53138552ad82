from django.http import HttpRequest, HttpResponse
def authorize(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
def waiting(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse("")
qr = status = waiting
