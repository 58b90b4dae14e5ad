"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from coordination.navigation import navigation


def page(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"demo": settings.DEMO, "prefs": {"theme": "system", "density": "cozy", "type_size": 14, "keys": True, "clock": "24"}}
    return {
        "demo": settings.DEMO,
        "prefs": {
            "theme": user.theme,
            "density": user.density,
            "type_size": user.type_size,
            "keys": user.single_keys,
            "clock": user.clock,
        },
        "nav": navigation(user, request.resolver_match.view_name if request.resolver_match else ""),
        "notifications_count": getattr(request, "unread_notifications", None),
        "session": {"idle_seconds": settings.SESSION_IDLE_SECONDS, "warn_seconds": min(120, settings.SESSION_IDLE_SECONDS // 3)},
    }
