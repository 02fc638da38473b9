namespace AkkaSse.Hub;

/// <summary>The answer to a send to one client.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Client">The client's id.</param>
public readonly record struct SendResult(SendStatus Status, string Client)
{
    /// <summary>The zone in which the client was found, if it was.</summary>
    public string? Zone { get; init; }

    /// <summary>What was wrong; for an unknown client the seeds' text <c>no client with id &lt;id&gt; exists</c>.</summary>
    public string? Error { get; init; }

    /// <summary>True for <see cref="SendStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == SendStatus.Accepted;

    /// <summary>Throws <see cref="HubException"/> unless accepted.</summary>
    public void EnsureAccepted()
    {
        if (!IsAccepted) throw new HubException(Error ?? Status.ToString());
    }
}
