from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView

from peer.views import TicketDetail, TicketList

urlpatterns = [
    path("api/auth/token/", TokenObtainPairView.as_view()),
    path("api/organizations/<int:organization>/tickets/", TicketList.as_view()),
    path("api/tickets/<int:pk>/", TicketDetail.as_view()),
]
