"""The names of rights stand in lib, where every app can ask for them; what a role may do is decided in roles.py."""

from coordination.lib.permissions import Permission

__all__ = ["Permission"]
