"""Who tried to log in: records. Deleting an attempt lets a locked-out colleague try again."""

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from orders.admin.drawing import ReadOnly

# axes lets whoever sees its logs rewrite and delete them, an intruder their traces too.
admin.site.unregister([AccessAttempt, AccessLog, AccessFailureLog])


@admin.register(AccessLog)
class Logins(ReadOnly, AccessLogAdmin):  # type: ignore[misc]  # axes has no types
    """Log-ins and log-outs."""


@admin.register(AccessFailureLog)
class FailedLogins(ReadOnly, AccessFailureLogAdmin):  # type: ignore[misc]  # axes has no types
    """Log-ins that failed, kept when the attempt is forgiven."""


@admin.register(AccessAttempt)
class LoginAttempts(AccessAttemptAdmin):  # type: ignore[misc]  # axes has no types
    """What counts against an address and a name until it is deleted."""

    actions = ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
