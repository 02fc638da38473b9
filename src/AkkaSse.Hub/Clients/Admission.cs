namespace AkkaSse.Hub;

/// <summary>The answer to a request to connect.</summary>
/// <param name="Status">How it was decided.</param>
public readonly record struct Admission(AdmissionStatus Status)
{
    /// <summary>The connection; not null exactly when accepted.</summary>
    public IClientConnection? Connection { get; init; }

    /// <summary>
    /// What was wrong and what is allowed; for a taken id the seeds' text <c>a client with id &lt;id&gt; already exists</c>.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>When to try again, where that makes sense.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// True when the connection was accepted before it was known where it starts; only then may
    /// <see cref="SubscribeRequest.AuthorizeStream"/> still be asked after the answer.
    /// </summary>
    public bool IsWaiting { get; init; }
}
