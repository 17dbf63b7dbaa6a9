"""The measured endpoints: a list of 20 with its count, one ticket, both for members of the organisation only."""

from django.http import Http404
from rest_framework import generics, serializers

from peer.models import Membership, Ticket

# Every column but `search`, which Nexify does not read either.
FIELDS = [
    "id", "organization", "requester_email", "subject", "body", "status", "priority", "assigned_team", "created_at", "updated_at"]
COLUMNS = [name if name != "organization" else "organization_id" for name in FIELDS]


class TicketSerializer(serializers.ModelSerializer):
    organization = serializers.IntegerField(source="organization_id")

    class Meta:
        model = Ticket
        fields = FIELDS


class TicketFilter(serializers.Serializer):
    status = serializers.ChoiceField(["open", "in_progress", "resolved"], required=False)
    priority = serializers.ChoiceField(["low", "medium", "high", "urgent"], required=False)
    assigned_team = serializers.CharField(max_length=100, required=False)


def visible_tickets():
    return Ticket.objects.filter(deleted_at__isnull=True).only(*COLUMNS)


class TicketList(generics.ListAPIView):
    serializer_class = TicketSerializer

    def get_queryset(self):
        organization = self.kwargs["organization"]
        if not Membership.objects.filter(organization_id=organization, user_id=self.request.user.id).exists():
            raise Http404
        wanted = TicketFilter(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return visible_tickets().filter(organization_id=organization, **wanted.validated_data).order_by("-id")


class TicketDetail(generics.RetrieveAPIView):
    serializer_class = TicketSerializer

    def get_queryset(self):
        own = Membership.objects.filter(user_id=self.request.user.id).values("organization_id")
        return visible_tickets().filter(organization_id__in=own)
