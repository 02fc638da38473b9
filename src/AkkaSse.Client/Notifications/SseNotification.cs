using System.Net;
using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>
/// What happens to a subscription, in order: opened, then events, then disconnected, then retrying, opened again …, closed.
/// Immutable after it was handed out.
/// </summary>
public abstract record SseNotification
{
    /// <summary>
    /// The URL subscribed to; null when a request factory alone decides it. Tells several subscriptions of one client apart.
    /// </summary>
    public Uri? Url { get; internal set; }
}

/// <summary>A response head was accepted. Comes before every event of that connection, and again after each reconnect.</summary>
/// <param name="StatusCode">Its status.</param>
/// <param name="Attempt">Which attempt since the last success (<see cref="SseClientOptions.StableAfter"/>) this is; 1 is the first.</param>
public sealed record SseOpened(HttpStatusCode StatusCode, int Attempt) : SseNotification;

/// <summary>
/// An event arrived. Only <see cref="SseClient.WatchAsync(CancellationToken)"/> gives these; elsewhere events have their own ways.
/// </summary>
/// <param name="Event">The event.</param>
public sealed record SseEventReceived(SseEvent Event) : SseNotification;

/// <summary>A comment line arrived; heartbeats are comments, too.</summary>
/// <param name="Comment">The text after the colon, without one leading space.</param>
public sealed record SseCommentReceived(string Comment) : SseNotification;

/// <summary>The server gave another reconnection time.</summary>
/// <param name="Retry">
/// The time, from <see cref="SseClientOptions.MinRetry"/> to <see cref="SseClientOptions.MaxRetry"/>.
/// </param>
public sealed record SseRetryChanged(TimeSpan Retry) : SseNotification;

/// <summary>
/// Something failed and the connection goes on: an oversized event was skipped, base64 could not be decoded, a handler threw.
/// </summary>
/// <param name="Error">An <see cref="SseEventException"/>; what a handler threw is its inner exception.</param>
public sealed record SseFaulted(SseEventException Error) : SseNotification;

/// <summary>A connection was lost, or an attempt to make one failed.</summary>
/// <param name="Error">The cause; null after <see cref="SseSubscription.Restart"/>.</param>
/// <param name="WasOpen">True when a connection was lost, false when an attempt failed.</param>
/// <param name="WillRetry">
/// False when the subscription ends with this; <see cref="SseClosed"/> follows then, <see cref="SseRetrying"/> otherwise.
/// </param>
public sealed record SseDisconnected(SseClientException? Error, bool WasOpen, bool WillRetry) : SseNotification;

/// <summary>The time before the next attempt begins.</summary>
/// <param name="Error">The cause; null after <see cref="SseSubscription.Restart"/>.</param>
/// <param name="Delay">How long it is.</param>
/// <param name="Attempt">
/// Which attempt since the last success (<see cref="SseClientOptions.StableAfter"/>) follows; 1 is the first.
/// </param>
public sealed record SseRetrying(SseClientException? Error, TimeSpan Delay, int Attempt) : SseNotification;

/// <summary>
/// The subscription has ended for good. The last notification; none comes after the caller's cancellation, which says it already.
/// </summary>
/// <param name="Error">Why; null when it was disposed, or when the stream ended properly under <see cref="ReconnectPolicy.None"/>.</param>
public sealed record SseClosed(SseClientException? Error) : SseNotification;
