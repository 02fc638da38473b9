namespace AkkaSse.Postgres.Sessions;

/// <summary>What a database server was when its offsets were verified. Another one may have other offsets under the same numbers.</summary>
/// <param name="SystemIdentifier">Made by initdb.</param>
/// <param name="Timeline">Grows with every fail-over and point-in-time recovery.</param>
/// <param name="StartedAt">The postmaster's start.</param>
internal readonly record struct Identity(long SystemIdentifier, int Timeline, DateTime StartedAt);
