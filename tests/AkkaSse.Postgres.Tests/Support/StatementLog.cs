using System.Text.RegularExpressions;

namespace AkkaSse.Postgres.Tests.Support;

/// <summary>Counts what a database is asked: its server logs every statement of it.</summary>
/// <param name="server">The server; one test at a time looks at its log.</param>
internal sealed partial class StatementLog(PostgresServer server)
{
    /// <summary>From now on, for connections that are made from now on.</summary>
    internal static async Task<StatementLog> OfAsync(PostgresServer server, string database)
    {
        await server.ExecuteAsync("postgres", $"alter database {database} set log_statement = 'all'");
        return new StatementLog(server);
    }

    /// <summary>How many statements of all databases that are logged begin with this; all of them without.</summary>
    internal int Count(string beginning = "") =>
        Statements().Matches(server.Log).Count(m => m.Groups[1].ValueSpan.StartsWith(beginning, StringComparison.Ordinal));

    [GeneratedRegex("LOG:  (?:execute [^:]*|statement): (.*)")]
    private static partial Regex Statements();
}
