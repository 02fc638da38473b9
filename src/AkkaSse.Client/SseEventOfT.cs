using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>An event with its data read as JSON.</summary>
/// <param name="Event">The event as received.</param>
/// <param name="Value">Its data; null where the JSON says null.</param>
/// <typeparam name="T">The type of the data.</typeparam>
public readonly record struct SseEvent<T>(SseEvent Event, T? Value);
