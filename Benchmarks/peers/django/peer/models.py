"""Nexify's own tables as Django sees them. `peer_users` has the same people, with the hashes spelled in Django's way."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class User(AbstractBaseUser):
    id = models.BigIntegerField(primary_key=True)
    username = models.TextField(unique=True)
    email = models.TextField()
    is_active = models.BooleanField()

    objects = BaseUserManager()
    USERNAME_FIELD = "username"

    class Meta:
        managed = False
        db_table = "peer_users"


class Membership(models.Model):
    pk = models.CompositePrimaryKey("organization_id", "user_id")
    organization_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    role = models.TextField()

    class Meta:
        managed = False
        db_table = "memberships"


class Ticket(models.Model):
    id = models.BigIntegerField(primary_key=True)
    organization_id = models.BigIntegerField()
    requester_email = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    status = models.TextField()
    priority = models.TextField()
    assigned_team = models.TextField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "tickets"
