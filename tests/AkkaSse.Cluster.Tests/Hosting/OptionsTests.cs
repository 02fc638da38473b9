using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>The options of the engine in an application. No ActorSystem is made.</summary>
public sealed class OptionsTests
{
    private readonly ServiceCollection _services = new();

    [Fact]
    public void Code_sets_options_with_and_without_services_and_the_application_adds_its_own()
    {
        _services.AddSingleton("10.0.0.1");
        _services.AddSseHub().UseAkkaCluster(static (o, services) => o.Host = services.GetRequiredService<string>());
        _services.Configure<AkkaClusterOptions>(static o => o.Seeds = ["10.0.0.2"]);
        (Options.Host, Options.Seeds.Single(), Options.Backups).ShouldBe(("10.0.0.1", "10.0.0.2", 2));

        var other = new ServiceCollection();
        other.AddSseHub().UseAkkaCluster(static o => o.Backups = 1);
        Read(other).Backups.ShouldBe(1);
    }

    [Fact]
    public void Section_sets_options_with_their_lists_and_sections_and_a_key_that_is_none_is_named()
    {
        _services.AddSseHub().UseAkkaCluster(Section(
            ("Host", "10.0.0.1"), ("Seeds:0", "10.0.0.1"), ("Seeds:1", "10.0.0.2:5000"), ("LeaveLimit", "00:00:05"), ("Roles:0", "stream"),
            ("PublicPort", "4060")));
        var options = Options;
        (options.Host, options.LeaveLimit, options.PublicPort).ShouldBe(("10.0.0.1", TimeSpan.FromSeconds(5), 4060));
        options.Seeds.ShouldBe(["10.0.0.1", "10.0.0.2:5000"]);
        options.Roles.ShouldBe(["stream"], "a list of the configuration takes the place of the default");

        var tls = new ServiceCollection();
        tls.AddSseHub().UseAkkaCluster(Section(("Tls:AllowedNames:0", "*.hub")));
        Should.Throw<OptionsValidationException>(() => Read(tls)).Message.ShouldStartWith("Akka:Tls:AllowedNames is set without");

        var other = new ServiceCollection();
        other.AddSseHub().UseAkkaCluster(Section(("Backup", "1")));
        Should.Throw<OptionsValidationException>(() => Read(other)).Message.ShouldStartWith("Akka:Backup is no option; ");
    }

    [Fact]
    public void Null_is_a_sentence_and_no_exception_of_the_runtime()
    {
        _services.AddSseHub().UseAkkaCluster(Section(
            ("SystemName", null), ("Seeds", null), ("Tls", null), ("Backups", null), ("PublicHost", null)));
        Should.Throw<OptionsValidationException>(() => Options).Failures.Select(static f => f.Split(';')[0]).ShouldBe(
            ["Akka:Backups is null", "Akka:Seeds is null or empty", "Akka:SystemName is null", "Akka:Tls is null or empty"],
            ignoreOrder: true);

        First(new AkkaClusterOptions { Seeds = null! }).ShouldStartWith("Seeds is null");
        First(new AkkaClusterOptions { Tls = null! }).ShouldStartWith("Tls is null");
        First(new AkkaClusterOptions { Roles = null! }).ShouldStartWith("Roles is null");
        First(new AkkaClusterOptions { SystemName = null! }).ShouldStartWith("SystemName is ''");
        First(new AkkaClusterOptions { Host = null! }).ShouldStartWith("Host is ''");
        First(new AkkaClusterOptions { Tls = new AkkaTlsOptions { AllowedNames = null! } }).ShouldStartWith("Tls.AllowedNames is null");
        First(new AkkaClusterOptions { Seeds = [null!] }).ShouldStartWith("Seeds has ''");
    }

    [Fact]
    public async Task Policy_wait_as_a_default_is_refused_at_start()
    {
        var options = new HubOptions { StreamDefaults = new StreamOptions { SlowReader = SlowReaderPolicy.Wait } };
        await using var hub = new SseHub(options, new AkkaClusterEngine(new AkkaClusterOptions { Port = 0 }));
        (await Should.ThrowAsync<EngineStartException>(() => hub.StartAsync())).Message.ShouldStartWith(
            "StreamDefaults.SlowReader is wait. ");
    }

    [Fact]
    public void Start_lists_every_fault()
    {
        _services.AddSseHub().UseAkkaCluster(static o => (o.Backups, o.Shards, o.Seeds) = (9, 0, ["10.0.0.1"]));
        using var provider = _services.BuildServiceProvider();
        var fault = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        fault.Failures.Count().ShouldBe(3);
        fault.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("Backups is 9; 0 to 6"), m => m.ShouldContain("Shards is 0; 1 to 1000"),
            m => m.ShouldContain("where the seed 10.0.0.1 cannot reach this node"));
    }

    [Fact]
    public void Engine_is_chosen_once()
    {
        var builder = _services.AddSseHub();
        builder.UseAkkaCluster().ShouldBeSameAs(builder);
        Should.Throw<InvalidOperationException>(() => builder.UseAkkaCluster(static o => o.Port = 1)).Message.ShouldContain("once");
        Options.Port.ShouldBe(AkkaClusterOptions.DefaultPort);
    }

    [Fact]
    public void Node_without_roles_has_both()
    {
        new AkkaClusterOptions().EffectiveRoles.ShouldBe([AkkaEngineOptions.StreamRole, AkkaEngineOptions.EdgeRole]);
        new AkkaClusterOptions().HostsStreams.ShouldBeTrue();
        new AkkaClusterOptions { Roles = [AkkaEngineOptions.EdgeRole] }.HostsStreams.ShouldBeFalse();
    }

    private AkkaClusterOptions Options => Read(_services);

    private static AkkaClusterOptions Read(ServiceCollection services)
    {
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<AkkaClusterOptions>>().Value;
    }

    private static string First(AkkaClusterOptions options) => options.Validate().First();

    private static IConfigurationSection Section(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(static v => KeyValuePair.Create("Akka:" + v.Key, v.Value)))
        .Build().GetSection("Akka");
}
