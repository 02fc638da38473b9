namespace AkkaSse.Postgres.Streams;

/// <summary>How a commit ended that did not throw.</summary>
/// <param name="Locked">Publishes of streams that somebody else has locked; untouched.</param>
/// <param name="Plan">What was committed; its answers are to be given.</param>
internal sealed record AppendOutcome(List<PendingAppend> Locked, AppendPlan Plan);
