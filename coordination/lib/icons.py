"""The icons a page may use: one symbol each in static/icons/sprite.svg (Lucide, ISC)."""

ICONS = frozenset(
    """
    accessibility activity alarm-clock arrow-down arrow-left arrow-right arrow-up ban bell book-open
    briefcase-medical building-2 calendar calendar-check calendar-clock car chart-column check chevron-down
    chevron-left chevron-right chevron-up circle circle-check circle-dot circle-help circle-x clipboard-check
    clipboard-list clock copy database download ellipsis eye eye-off file-plus file-text flask-conical
    folder-open heart-pulse history hospital house id-card inbox info key-round keyboard languages layers link
    list-checks loader-circle lock log-out mail map-pin message-square-text monitor moon network octagon-alert
    paperclip pencil phone phone-off pill pin plus printer refresh-cw scale search send server settings share-2
    shield shield-alert shield-check sliders-horizontal smartphone star stethoscope sun syringe tag trash-2
    trending-down trending-up triangle-alert undo-2 upload user-check user-plus user-cog user-round users users-round video voicemail
    wallet-cards wifi-off x
    """.split()
)
