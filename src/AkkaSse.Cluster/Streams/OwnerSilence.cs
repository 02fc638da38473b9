namespace AkkaSse.Cluster.Streams;

/// <summary>
/// Whether an owner that has gone silent is taken for lost. Only one that was asked and does not answer is: an owner of which nobody wants
/// anything has no reason to speak. Pure; all times are milliseconds of one clock.
/// </summary>
internal sealed class OwnerSilence
{
    /// <summary>An owner that was silent for so long is asked, and asked again after as long.</summary>
    internal const long AskAfter = 10_000;

    /// <summary>So long an owner may take to answer the first question.</summary>
    internal const long AnswerWithin = 15_000;

    private long _heardAt;
    private long _askedFirstAt;
    private long _askedAt;
    private bool _isAsked;

    internal void Heard(long now)
    {
        _heardAt = now;
        _isAsked = false;
    }

    internal bool IsToBeAsked(long now) => now - (_isAsked ? _askedAt : _heardAt) > AskAfter;

    internal void Asked(long now)
    {
        if (!_isAsked) _askedFirstAt = now;
        _isAsked = true;
        _askedAt = now;
    }

    internal bool IsLost(long now) => _isAsked && now - _askedFirstAt > AnswerWithin;
}
