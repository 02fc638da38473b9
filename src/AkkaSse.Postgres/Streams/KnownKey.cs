namespace AkkaSse.Postgres.Streams;

/// <summary>A key that is remembered.</summary>
internal readonly record struct KnownKey(long Hash, string Epoch, long Offset, bool HasOffset);
