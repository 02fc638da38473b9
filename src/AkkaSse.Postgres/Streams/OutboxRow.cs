namespace AkkaSse.Postgres.Streams;

/// <summary>A row of the outbox and the publish that moves it.</summary>
internal sealed record OutboxRow(long Seq, Guid Publish, PendingAppend Append);
