namespace AkkaSse.Postgres.Sessions;

/// <summary>The engine is away: certainly nothing was changed.</summary>
internal class EngineAwayException(string message, Exception? inner = null) : Exception(message, inner);
