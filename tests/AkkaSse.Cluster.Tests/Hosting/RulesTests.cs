using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>What is decided without a cluster: states, fence, joining, options, configuration.</summary>
public sealed class RulesTests
{
    [Theory]
    [InlineData("uuu", 0, false)]
    [InlineData("uux", 0, false)]
    [InlineData("uxx", 0, true)]
    [InlineData("ux", 0, false)]
    [InlineData("xu", 1, true)]
    [InlineData("uuxx", 0, false)]
    [InlineData("xxuu", 2, true)]
    [InlineData("ueexx", 0, true)]
    [InlineData("ueeee", 0, false)]
    public void Minority_counts_stream_nodes_and_half_goes_to_the_side_with_the_first(string nodes, int self, bool minority) =>
        View(nodes, self).IsMinority.ShouldBe(minority);

    [Fact]
    public void State_follows_membership()
    {
        EngineStates.Of(null, reached: false, wasReady: false).ShouldBe(EngineState.Starting);
        EngineStates.Of(null, reached: false, wasReady: true).ShouldBe(EngineState.Down);
        EngineStates.Of(View("uuu", 0), reached: false, wasReady: false).ShouldBe(EngineState.Starting);
        EngineStates.Of(View("uuu", 0), reached: true, wasReady: false).ShouldBe(EngineState.Ready);
        EngineStates.Of(View("uux", 0), reached: true, wasReady: true).ShouldBe(EngineState.Degraded);
        EngineStates.Of(View("uxx", 0), reached: true, wasReady: true).ShouldBe(EngineState.Down);
        EngineStates.Of(View("e", 0), reached: true, wasReady: true).ShouldBe(EngineState.Down, "nobody holds streams");
    }

    // One letter per seed: waiting, in a cluster, absent, silent, unknown.
    [Theory]
    [InlineData(0, "waa", 1, false, true)]
    [InlineData(1, "www", 1, false, false)]
    [InlineData(0, "waa", 2, false, false)]
    [InlineData(0, "wwa", 2, false, true)]
    [InlineData(0, "waa", 1, true, false)]
    [InlineData(0, "wwa", 1, true, true)]
    [InlineData(0, "wa", 1, true, false)]
    [InlineData(0, "w", 1, true, true)]
    [InlineData(0, "wsa", 1, false, false)]
    [InlineData(0, "wau", 1, false, false)]
    [InlineData(0, "wws", 2, false, false)]
    [InlineData(0, "wwu", 1, true, false)]
    [InlineData(0, "wia", 1, false, false)]
    public void Only_the_first_seed_begins_a_cluster_when_no_other_may_be_in_one_and_a_removed_one_not_without_a_majority(
        int self, string seeds, int required, bool wasRemoved, bool begins)
    {
        var all = Enumerable.Range(0, seeds.Length).Select(Node).ToList();
        Joining.MayBegin(Node(self), all, States(seeds), required, wasRemoved).ShouldBe(begins);
    }

    private static List<SeedState> States(string seeds) =>
        [.. seeds.Select(static s => s switch { 'w' => SeedState.Waiting, 'a' => SeedState.Absent, 's' => SeedState.Silent, 'u' =>
            SeedState.Unknown, _ => SeedState.InCluster })];

    [Theory]
    [InlineData("wia", false, true)]
    [InlineData("wiu", false, true)]
    [InlineData("wis", false, false)]
    [InlineData("wis", true, true)]
    [InlineData("wws", true, false)]
    public void Node_joins_a_cluster_of_which_a_seed_is_silent_with_its_second_actor_system(string seeds, bool seedWasSilent, bool joins) =>
        Joining.MayJoin(States(seeds), seedWasSilent).ShouldBe(joins);

    [Theory]
    [InlineData("1.5.29", false)]
    [InlineData("1.5.30", true)]
    [InlineData("1.5.60", true)]
    [InlineData("1.5.61", false)]
    [InlineData("1.5.64", false)]
    [InlineData("1.5.65", true)]
    [InlineData("1.5.73", true)]
    public void Versions_that_may_start_a_shard_twice_are_refused(string version, bool fine) =>
        (AkkaVersions.Fault(Version.Parse(version)) is null).ShouldBe(fine);

    [Fact]
    public void Loaded_version_is_known() => AkkaVersions.Loaded.ShouldBeGreaterThanOrEqualTo(new Version(1, 5, 30));

    [Theory]
    [InlineData("10.0.0.1:4053", "akka.tcp://s@10.0.0.1:4053")]
    [InlineData("hub-0.hub:1", "akka.tcp://s@hub-0.hub:1")]
    [InlineData("akka.tcp://s@h:5", "akka.tcp://s@h:5")]
    [InlineData("akka.ssl.tcp://s@h:5", "akka.tcp://s@h:5")]
    [InlineData("akka.tcp://x@h:5", null)]
    [InlineData("akka.udp://s@h:5", null)]
    [InlineData("akka.tcp://s@h", null)]
    [InlineData("h", "akka.tcp://s@h:4053")]
    [InlineData("127.0.0.1", "akka.tcp://s@127.0.0.1:4053")]
    [InlineData("[::1]:7", "akka.tcp://s@::1:7")]
    [InlineData("[::1]", "akka.tcp://s@::1:4053")]
    [InlineData("::1", "akka.tcp://s@::1:4053")]
    [InlineData("a b", null)]
    [InlineData("h:0", null)]
    [InlineData("h:70000", null)]
    [InlineData(":1", null)]
    [InlineData("a b:1", null)]
    [InlineData("", null)]
    public void Seed_is_host_and_port(string text, string? address) => (SeedAddress.Parse("s", text)?.ToString()).ShouldBe(address);

    [Theory]
    [InlineData("h:5")]
    [InlineData("akka.tcp://s@h:5")]
    public void Seed_of_a_cluster_with_tls_is_reached_by_tls(string text) =>
        SeedAddress.Parse("s", text, "akka.ssl.tcp")!.ToString().ShouldBe("akka.ssl.tcp://s@h:5");

    [Theory]
    [InlineData("h:5 h:5 h:5", "", 2, true)]
    [InlineData("h h:4053", "", 2, true)]
    [InlineData("h:5 i:5 h:5", "i:5", 2, false)]
    public void Seed_that_stands_there_twice_counts_once(string seeds, string second, int required, bool refused)
    {
        var options = new AkkaClusterOptions { Host = "h", Seeds = seeds.Split(' '), RequiredSeeds = required };
        options.SeedAddresses().Skip(1).Select(static a => $"{a.Host}:{a.Port}").ShouldBe(
            second.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        options.Validate().Any(static f => f.StartsWith("RequiredSeeds is 2, but there are 1 different seeds", StringComparison.Ordinal))
            .ShouldBe(refused);
    }

    [Theory]
    [InlineData(MemberStatus.Exiting, true)]
    [InlineData(MemberStatus.Leaving, true)]
    [InlineData(MemberStatus.Up, false)]
    [InlineData(MemberStatus.Joining, false)]
    [InlineData(MemberStatus.Down, false)]
    public void Member_that_did_not_go_by_itself_is_not_said_to_have_left(MemberStatus before, bool left) =>
        NodeActor.HasLeft(before).ShouldBe(left);

    [Fact]
    public void Seed_that_is_silent_again_is_asked_less_and_waited_for_longer()
    {
        Joining.DeafLimit(4, 0).ShouldBe(TimeSpan.FromSeconds(5));
        Joining.DeafLimit(7, 1).ShouldBe(TimeSpan.FromSeconds(16));
        Joining.DeafLimit(7, 1_000).ShouldBe(TimeSpan.FromSeconds(256));
        Joining.AskPause(0).ShouldBe(TimeSpan.Zero);
        Joining.AskPause(1).ShouldBe(TimeSpan.FromSeconds(2));
        Joining.AskPause(1_000).ShouldBe(TimeSpan.FromSeconds(32));
    }

    [Fact]
    public void Every_fault_of_the_options_is_named()
    {
        new AkkaClusterOptions().Validate().ShouldBeEmpty();
        var faults = new AkkaClusterOptions
        {
            SystemName = "1",
            Host = "0.0.0.0",
            Port = 70_000,
            Seeds = ["x:0"],
            RequiredSeeds = 2,
            Roles = ["worker"],
            Backups = 7,
            Shards = 0,
            MaxFrameBytes = 1,
            RecoveryLimit = TimeSpan.Zero,
            Hocon = "akka { cluster {",
        }.Validate().ToList();
        foreach (var name in new[] { "SystemName is '1'", "PublicHost is needed", "Port is 70000", "Seeds has 'x:0'", "RequiredSeeds is 2",
            "Roles has 'worker'", "Backups is 7", "Shards is 0", "MaxFrameBytes is 1", "RecoveryLimit is", "Hocon cannot be read" })
            faults.ShouldContain(f => f.StartsWith(name, StringComparison.Ordinal), string.Join('\n', faults));
        faults.Count.ShouldBe(11);
    }

    [Theory]
    [InlineData("127.0.0.1", null, "10.0.0.1:4053", true)]
    [InlineData("127.0.0.1", null, "127.0.0.1 10.0.0.1", true)]
    [InlineData("localhost", null, "hub-0.hub", true)]
    [InlineData("::1", null, "[2001:db8::1]:4053", true)]
    [InlineData("127.0.0.1", null, "akka.tcp://akkasse@10.0.0.1:4053", true)]
    [InlineData("127.0.0.1", null, "127.0.0.1 127.0.0.2:4054 localhost n1.localhost [::1]:4053", false)]
    [InlineData("127.0.0.1", "10.0.0.1", "10.0.0.1:4053", false)]
    [InlineData("10.0.0.1", null, "10.0.0.1:4053 10.0.0.2:4053", false)]
    [InlineData("127.0.0.1", null, "", false)]
    public void Node_that_its_seeds_cannot_reach_is_refused(string host, string? publicHost, string seeds, bool refused)
    {
        var faults = new AkkaClusterOptions
        {
            Host = host,
            PublicHost = publicHost,
            Seeds = seeds.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        }.Validate().ToList();
        faults.Any(f => f.StartsWith($"Host is '{host}', where the seed ", StringComparison.Ordinal)).ShouldBe(refused);
        faults.Count.ShouldBe(refused ? 1 : 0, string.Join('\n', faults));
    }

    [Fact]
    public void Own_hocon_overrides_the_files_and_not_what_the_engine_needs()
    {
        var config = ClusterHocon.Compose(new AkkaClusterOptions
        {
            Hocon = "akka.cluster { gossip-interval = 7s, sharding.distributed-data.durable.keys = [x], roles = [x] }",
        });
        config.GetTimeSpan("akka.cluster.gossip-interval").ShouldBe(TimeSpan.FromSeconds(7));
        config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after").ShouldBe(TimeSpan.FromSeconds(4));
        config.GetStringList("akka.cluster.sharding.distributed-data.durable.keys").ShouldBeEmpty();
        config.GetStringList("akka.cluster.roles").ShouldBe(["akkasse-stream", "akkasse-edge"], ignoreOrder: true);
        config.GetStringList("akka.cluster.distributed-data.durable.keys").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a { b = [1, 2], c { d = 3 } }", null)]
    [InlineData("a = \"[{\" # [\nb = 1 // {\n", null)]
    [InlineData("a = \"\"\"\n[{\"\n\"\"\"\nb = \"\\\"[\"", null)]
    [InlineData("a = ${b}\nb = 1\nc { d = [${b}, ${b}] }", null)]
    [InlineData("", null)]
    [InlineData("a {\n b = 1 ]", "line 2 has a ']' where the '{' of line 1 is to be closed.")]
    [InlineData("a = \"\"\"\n\"\"\"\n}", "line 3 has a '}' that nothing opened.")]
    [InlineData("a {\n  b = 1", "the '{' of line 1 is never closed.")]
    [InlineData("a = 1\nb = \"c", "the text that begins in line 2 has no end.")]
    [InlineData("a = \"b\n\"", "the text that begins in line 1 has no end.")]
    public void Brackets_of_hocon_close_as_they_opened(string hocon, string? fault) => ClusterHocon.Fault(hocon).ShouldBe(fault);

    // Akka.NET's reader refuses the first line, so that what the guard refuses is harmless to it.
    [Theory]
    [InlineData("* = 1\na = [1 = 2]", "line 2 has a '=' in an array; text with it is allowed in quotes.")]
    [InlineData("* = 1\na { b = [x,\ny ?] }", "line 3 has a '?' in an array; text with it is allowed in quotes.")]
    [InlineData("* = 1\na = [1, $]", "line 2 has a '$' in an array; text with it is allowed in quotes.")]
    [InlineData("* = 1\na = [\"b = c?\", ${d}, { e = 1 }, 1+2] # [?]\nf = ?", null)]
    public void Characters_that_hocon_forbids_outside_of_quotes_are_refused_in_arrays(string hocon, string? fault) =>
        HoconBrackets.Fault(hocon).ShouldBe(fault);

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Brackets_of_hocon_are_not_too_deep(int depth, bool fine)
    {
        var text = string.Concat(Enumerable.Repeat("a {", depth)) + new string('}', depth);
        HoconBrackets.Fault(text).ShouldBe(fine ? null : "line 1 has a '{' within 100 others; 100 within each other are allowed.");
    }

    // Numbers stand for settings, and their texts for what they refer to: with HOCON the reader of such a setting would never return.
    [Theory]
    [InlineData("1,2;2,3;3,", "")]
    [InlineData("1,23;2,3;3,", "")]
    [InlineData("1,1", "1")]
    [InlineData("1,2;2,1", "21")]
    [InlineData("1,2;2,34;3,;4,2", "42")]
    [InlineData("1,;2,2", "")]
    public void Way_that_leads_back_is_found(string graph, string cycle)
    {
        var parts = graph.Split(';').ToDictionary(static n => n[0], static n => n[2..]);
        var found = HoconReferences.Cycle('1', node => parts[node], EqualityComparer<char>.Default);
        string.Concat(found ?? []).ShouldBe(cycle);
    }

    [Theory]
    [InlineData("stream", 20_000)]
    [InlineData("stream,edge", 50_000)]
    [InlineData("edge", 50_000)]
    public void Regions_and_proxies_have_settings_by_role(string roles, int buffer)
    {
        var config = ClusterHocon.Compose(new AkkaClusterOptions { Roles = roles.Split(',') });
        config.GetInt("akkasse.sharding.buffer-size").ShouldBe(buffer);
        if (roles != "edge") return;
        // Akka gives a proxy no settings but these.
        config.GetInt("akka.cluster.sharding.buffer-size").ShouldBe(buffer);
        config.GetTimeSpan("akka.cluster.sharding.retry-interval").ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public void Guest_adds_to_what_the_application_has_and_replaces_nothing_of_it()
    {
        var present = ConfigurationFactory.ParseString("""
            akka.cluster.roles = [web]
            akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.depends-on = [theirs]
            akka.cluster.sharding.retry-interval = 7s
            """);
        var config = ClusterHocon.Guest(new AkkaEngineOptions(), present).WithFallback(present).WithFallback(ClusterHocon.GuestDefaults);
        config.GetStringList("akka.cluster.roles").ShouldBe(["web", "akkasse-stream", "akkasse-edge"]);
        config.GetStringList("akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.depends-on").ShouldBe(
            ["theirs", "akkasse-hand-off"]);
        config.GetTimeSpan("akka.cluster.sharding.retry-interval").ShouldBe(TimeSpan.FromSeconds(7));
        config.GetTimeSpan("akkasse.sharding.retry-interval").ShouldBe(TimeSpan.FromMilliseconds(500));
        // The host drains the hub first when it is told to stop; the signal alone would end the ActorSystem at the same moment.
        config.GetBoolean("akka.coordinated-shutdown.run-by-clr-shutdown-hook", true).ShouldBeFalse();
    }

    [Fact]
    public void Names_are_spread_evenly_over_shards()
    {
        var extractor = new EntityExtractor(100);
        foreach (var pattern in new[] { "s{0}", "orders/{0}", "{0}", "$zone/{0}" })
        {
            var counts = Enumerable.Range(0, 10_000).GroupBy(i => extractor.ShardOf(string.Format(null, pattern, i)))
                .Select(static g => g.Count()).ToList();
            counts.Count.ShouldBe(100);
            counts.Max().ShouldBeLessThan(160, pattern);
        }
        // Part of the wire contract: nodes of two versions must agree.
        (EntityExtractor.Hash("orders"), EntityExtractor.Hash("")).ShouldBe((HashOfOrders, HashOfNothing));
    }

    private const ulong HashOfOrders = 199345824633965;
    private const ulong HashOfNothing = 146719880041931;

    private static Address Node(int i) => new("akka.tcp", "s", "10.0.0.1", 1_000 + i);

    // u: up and reachable, x: unreachable, e: an edge.
    [Fact]
    public void Successor_is_another_node_that_keeps_streams_and_stays()
    {
        View("uu", 0).HasSuccessor.ShouldBeTrue();
        View("u", 0).HasSuccessor.ShouldBeFalse("it is alone");
        Leaving(View("uu", 0), 1).HasSuccessor.ShouldBeFalse("the other is leaving too");
        Leaving(View("uuu", 0), 1).HasSuccessor.ShouldBeTrue("the third stays");
        Leaving(View("uuu", 0), 0, 1).HasSuccessor.ShouldBeTrue();
        Leaving(View("uuu", 0), 0, 1, 2).HasSuccessor.ShouldBeFalse();

        static ClusterView Leaving(ClusterView view, params int[] who) =>
            view with { Members = [.. view.Members.Select((m, i) => m with { Draining = who.Contains(i) })] };
    }

    private static ClusterView View(string nodes, int self)
    {
        var members = nodes.Select((c, i) => new ClusterMember(new UniqueAddress(Node(i), i + 1), MemberStatus.Up, c != 'x', c != 'e'))
            .ToImmutableArray();
        return new ClusterView(members[self].Unique, members);
    }
}
