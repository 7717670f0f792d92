"""Chat platforms. Each implements ``bot.delivery.port.Adapter`` and renders messages; none knows another."""
