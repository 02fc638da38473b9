using System.Net.Sockets;
using AkkaSse.Hub.Engine;
using Npgsql;

namespace AkkaSse.Postgres.Sessions;

/// <summary>What keeps a node from starting, as sentences. None holds a connection string.</summary>
internal static class StartFaults
{
    private const string InsufficientPrivilege = "42501";
    private const string InvalidCatalogName = "3D000";

    /// <summary>Null for what may pass by itself: a server that is not there yet, that starts, or has no connection to give.</summary>
    internal static EngineStartException? Of(Exception e, PostgresOptions options)
    {
        if (e is NameInUseException name) return name.IsAlive ? NameTaken(name.Message) : null;
        var advice = e switch
        {
            UnfitServerException =>
                "a PostgreSQL of version 14 or newer, a database in UTF8 and a schema that this program knows are needed",
            PostgresException { SqlState: InsufficientPrivilege } =>
                "the user needs CREATE on the database for the schema akkasse, or has to own it",
            PostgresException { SqlState: InvalidCatalogName } => "the database has to be created before",
            // Class 28: invalid authorization specification.
            PostgresException { SqlState: ['2', '8', ..] } =>
                "its user and password have to be those of the server, and pg_hba.conf has to let them in",
            // The client's own: no password given, no TLS offered. Of several hosts it says the same when none is the primary now, which
            // passes.
            NpgsqlException { InnerException: null, IsTransient: false } and not PostgresException when !options.Server.Contains(
                ',', StringComparison.Ordinal) => "it has to say what this server asks for",
            _ => null,
        };
        if (advice is null) return null;
        var option = options.ListenConnectionString is null
            ? nameof(PostgresOptions.ConnectionString)
            : nameof(PostgresOptions.ListenConnectionString);
        var where = $"PostgreSQL at {options.Server}, which the connection string names, cannot be used";
        return new EngineStartException(option, $"{where}: {Words(e)}; {advice}.", e);
    }

    // Which name, and who has it.
    private static EngineStartException NameTaken(string words) =>
        new(nameof(Hub.HubOptions.NodeName),
            $"{char.ToUpperInvariant(words[0])}{words[1..]}, which shares the database; each node needs a NodeName of its own.");

    /// <summary>The server's words, or the system's.</summary>
    internal static string Words(Exception e) => e switch
    {
        PostgresException p => $"{p.MessageText} ({p.SqlState})",
        { InnerException: SocketException s } => $"{s.Message} ({s.SocketErrorCode})",
        _ => e.Message.TrimEnd('.'),
    };
}
