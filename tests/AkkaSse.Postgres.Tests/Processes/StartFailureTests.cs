using System.Net;
using System.Net.Sockets;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>What a database refuses ends the start with one sentence; a database that is away is waited for.</summary>
[Trait("speed", "slow")]
[Collection(NodesCollection.Name)]
public sealed class StartFailureTests(SharedServer shared)
{
    private const string Secret = "s3cret-word";

    [Theory]
    [InlineData("Password=" + Secret, "password authentication failed", "28P01")]
    [InlineData("", "No password has been provided", "pw")]
    public async Task Wrong_password(string password, string words, string alsoIn)
    {
        await LetInByPasswordAsync();
        var database = await shared.Server.CreateDatabaseAsync();
        var output = await ShouldFailAsync(shared.Server.ConnectionString(database).Replace(
            "Username=hub", "Username=pw", StringComparison.Ordinal) + ";" + password, words);
        output.ShouldContain(alsoIn == "pw" ? words : alsoIn);
    }

    [Fact]
    public Task Unknown_user() =>
        ShouldFailAsync(shared.Server.ConnectionString("postgres").Replace(
            "Username=hub", "Username=nobody_knows", StringComparison.Ordinal), "nobody_knows");

    [Fact]
    public Task Missing_database() =>
        ShouldFailAsync(shared.Server.ConnectionString("no_such_database"), "database \"no_such_database\" does not exist",
            "created before");

    [Fact]
    public async Task No_right_to_create_tables()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await shared.Server.ExecuteAsync("postgres", $"create role poor_{database} login");
        await ShouldFailAsync(shared.Server.ConnectionString(database).Replace(
            "Username=hub", $"Username=poor_{database}", StringComparison.Ordinal), "permission denied", "CREATE on the database");
    }

    [Fact]
    public async Task Database_of_another_encoding()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await shared.Server.ExecuteAsync("postgres", $"create database latin_{database} encoding 'LATIN1' locale 'C' template template0");
        await ShouldFailAsync(shared.Server.ConnectionString($"latin_{database}"), "LATIN1", "UTF8");
    }

    [Fact]
    public async Task Server_that_asks_for_tls_or_is_asked_for_it() =>
        await ShouldFailAsync(shared.Server.ConnectionString(await shared.Server.CreateDatabaseAsync()) + ";SSL Mode=Require", "SSL");

    [Theory]
    [InlineData("no-such-host.invalid")]
    [InlineData("127.0.0.1")]
    public async Task Database_that_is_not_there_is_waited_for_and_told(string host)
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var free = ((IPEndPoint)port.LocalEndpoint).Port;
        port.Stop();
        await using var node = await NodeProcess.StartAsync(
            "n0", Start($"Host={host};Port={free};Username=hub;Database=d;Password={Secret}"));

        await Eventually.Until(
            () => node.Output.Contains($"PostgreSQL at {host}:{free}, which the connection string names, cannot be used: ",
            StringComparison.Ordinal), () => $"the sentence in\n{node.Output}");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(node.Url, "/healthz/ready"))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await http.GetAsync(new Uri(node.Url, "/healthz/live"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await node.StopAsync()).ShouldBe(0, node.Output);
        node.Output.ShouldNotContain("   at ");
        node.Output.ShouldNotContain(Secret);
    }

    /// <summary>A server that comes late may refuse as well.</summary>
    [Fact]
    public async Task Database_that_is_missing_on_a_server_that_came_late_ends_the_node()
    {
        var server = await PostgresServer.StartNewAsync();
        await using (server)
        {
            await server.StopAsync();
            await using var node = await NodeProcess.StartAsync("n0", Start(server.ConnectionString("no_such_database")));
            await Eventually.Until(() => node.Output.Contains(", cannot be used: ", StringComparison.Ordinal),
                () => $"the node to wait\n{node.Output}");

            await server.StartAsync();

            (await node.ExitAsync()).ShouldBe(1, node.Output);
            Sentence(node.Output).ShouldContain("database \"no_such_database\" does not exist");
        }
    }

    [Fact]
    public async Task Second_node_of_a_name_ends_and_says_who_has_it()
    {
        await using var cluster = await Cluster.StartAsync(shared.Server, 1);
        await cluster.Nodes.ReadyAsync();

        var (code, output) = await NodeProcess.RunAsync("n0", Start(shared.Server.ConnectionString(cluster.Database)));

        code.ShouldBe(1, output);
        Sentence(output).ShouldBe(
            "akkasse: The node name n0 is in use by the node at http://127.0.0.1:0, which shares the database; each node needs a " +
            "NodeName of its own. The key is Hub:NodeName, the switch --node-name.");
        output.ShouldNotContain("   at ");
    }

    /// <summary>The lock on a name goes with its process, or its lease ends: what is dead keeps nobody out.</summary>
    [Fact]
    public async Task Node_whose_namesake_was_killed_starts()
    {
        await using var cluster = await Cluster.StartAsync(shared.Server, 1);
        await cluster.Nodes.ReadyAsync();
        await cluster.KillAsync(0);
        await cluster.StartNodeAsync("n0");
        await cluster.Nodes.ReadyAsync();
    }

    private async Task<string> ShouldFailAsync(string connection, params string[] parts)
    {
        var (code, output) = await NodeProcess.RunAsync("n0", Start(connection));

        code.ShouldBe(1, output);
        var sentence = Sentence(output);
        sentence.ShouldStartWith("akkasse: PostgreSQL at 127.0.0.1:");
        sentence.ShouldEndWith("The key is Postgres:ConnectionString, the switch --postgres.");
        foreach (var part in parts) sentence.ShouldContain(part, Case.Sensitive, output);
        output.ShouldNotContain("   at ");
        output.ShouldNotContain(Secret);
        return sentence;
    }

    private static string Sentence(string output) =>
        output.Split('\n').Where(static l => l.StartsWith("akkasse: ", StringComparison.Ordinal)).ShouldHaveSingleItem(output);

    private static NodeStart Start(string connection) =>
        new("--urls", "http://127.0.0.1:0", "--engine", "postgres")
        {
            Environment = new Dictionary<string, string> { ["AKKASSE_POSTGRES__CONNECTIONSTRING"] = connection },
        };

    // Before the line that trusts everybody on this server; its other users do not notice.
    private async Task LetInByPasswordAsync()
    {
        await shared.Server.ExecuteAsync("postgres", """
            do $$
            declare lines text := pg_read_file(current_setting('hba_file'));
            begin
              if lines like '%all pw %' then return; end if;
              create role pw login password 'another-word';
              execute format('copy (select line from unnest(string_to_array(%L, E''\n'')) line) to %L', E'host all pw 127.0.0.1/32 scram-sha-256\n' || lines, current_setting('hba_file'));
              perform pg_reload_conf();
            end $$
            """);
        await Eventually.Until(async () => await shared.Server.ExecuteAsync(
            "postgres", "select count(*) from pg_hba_file_rules where 'pw' = any(user_name)") is 1L, "the rule");
    }
}
