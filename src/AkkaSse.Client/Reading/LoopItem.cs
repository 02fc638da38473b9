using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>What the connection loop hands out: an event or a notification, never both. Spares a wrapper object per event.</summary>
internal readonly struct LoopItem
{
    public LoopItem(SseEvent e) => Event = e;

    public LoopItem(SseNotification notification) => Notification = notification;

    public SseEvent? Event { get; }

    public SseNotification? Notification { get; }
}
