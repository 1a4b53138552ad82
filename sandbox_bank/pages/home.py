from django.http import HttpRequest, HttpResponse
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sandbox bank")
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    return HttpResponse("")
