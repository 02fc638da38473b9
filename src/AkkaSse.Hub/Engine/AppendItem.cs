using AkkaSse.Protocol;

namespace AkkaSse.Hub.Engine;

/// <summary>One event to be appended.</summary>
/// <param name="Event">Valid by the protocol's rules; not changed and not kept beyond the call. What is stored of it is written by
/// <see cref="EventCodec"/>.</param>
/// <param name="Options">The publisher's options; validated.</param>
public readonly record struct AppendItem(SseEvent Event, PublishOptions Options);
