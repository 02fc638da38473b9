using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Why a request cannot be served: what the error writer is given, and the headers that go with it. A value, not an exception, so that
/// refusing costs no stack walk.
/// </summary>
internal sealed record HubFault(int Status, string Code, string Message)
{
    /// <summary>Sent as <c>Retry-After</c> in whole seconds, rounded up.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Sent as <c>Allow</c>.</summary>
    public string? Allow { get; init; }

    public static HubFault Name(string message) => new(400, HubErrorCodes.NameInvalid, message);

    public static HubFault Target(string message) => new(400, HubErrorCodes.TargetInvalid, message);

    public static HubFault Parameter(string name, string message) =>
        new(400, HubErrorCodes.ParameterInvalid, $"The parameter '{name}' {message}");

    public static HubFault Body(string message) => new(400, HubErrorCodes.BodyInvalid, message);

    public static HubFault TooLarge(int limit, string? error = null) =>
        new(413, HubErrorCodes.BodyTooLarge, error ?? $"The body is larger than {limit} bytes, which is what is allowed.");

    public static HubFault NoStream(string stream, string? message = null) =>
        new(404, HubErrorCodes.StreamNotFound, message ?? $"The stream '{stream}' does not exist.");

    public static HubFault Unavailable(string? message, TimeSpan retry) =>
        new(503, HubErrorCodes.EngineUnavailable, message ?? "The engine is away; nothing was changed.") { RetryAfter = retry };

    public static HubFault OutcomeUnknown(string? message) =>
        new(504, HubErrorCodes.OutcomeUnknown, message ?? "The answer was lost: the call may or may not have had its effect.");

    /// <summary>The fault of a call on one client, or null when it is done.</summary>
    public static HubFault? Of(in ClientCallResult result, string client, IHubEdge edge) => result.Status switch
    {
        ClientCallStatus.Done => null,
        ClientCallStatus.NotConnected => new(404, HubErrorCodes.ClientNotConnected, result.Error ?? $"no client with id {client} exists"),
        ClientCallStatus.Ambiguous => Ambiguous(client, result.Error),
        ClientCallStatus.Invalid => new(400, HubErrorCodes.SubscriptionInvalid, result.Error ?? "The call is invalid."),
        ClientCallStatus.LimitReached =>
            new(429, HubErrorCodes.LimitReached, result.Error ?? "A limit is reached.") { RetryAfter = edge.Options.Retry },
        ClientCallStatus.NoStream => new(404, HubErrorCodes.StreamNotFound, result.Error ?? "A stream does not exist."),
        ClientCallStatus.Unavailable => Unavailable(result.Error, edge.RefusalRetry()),
        _ => OutcomeUnknown(result.Error),
    };

    public static HubFault Ambiguous(string client, string? message) =>
        new(409, HubErrorCodes.ClientAmbiguous, message ?? $"Several zones have a client '{client}'; say which one with zone=.");
}
