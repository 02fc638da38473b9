namespace AkkaSse.Postgres.Sessions;

/// <summary>The server is there and is not one that this program can work on.</summary>
internal sealed class UnfitServerException(string message) : EngineAwayException(message);
