namespace AkkaSse.Postgres.Streams;

/// <summary>The answer to a commit was lost: it may or may not have happened.</summary>
internal sealed class OutcomeLostException(long transaction, AppendPlan plan, Exception inner)
    : Exception("The answer to a commit was lost.", inner)
{
    /// <summary>What it would have written.</summary>
    internal AppendPlan Plan { get; } = plan;

    /// <summary>The id by which the server knows the transaction.</summary>
    internal long Transaction { get; } = transaction;
}
