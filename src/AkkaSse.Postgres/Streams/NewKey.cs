namespace AkkaSse.Postgres.Streams;

/// <summary>A key to be written.</summary>
internal readonly record struct NewKey(long Stream, string Principal, string Key, KnownKey Known);
