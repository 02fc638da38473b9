using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AkkaSse.Postgres.Tests;

/// <summary>The options of the engine in an application. No database is asked.</summary>
public sealed class OptionsTests
{
    private readonly ServiceCollection _services = new();

    [Fact]
    public void Connection_string_and_further_options_are_set_in_one_call()
    {
        _services.AddSseHub().UsePostgres("Host=db", static o => o.Lease = TimeSpan.FromSeconds(3));
        (Options.ConnectionString, Options.Lease).ShouldBe(("Host=db", TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void Code_sets_options_with_and_without_services_and_the_application_adds_its_own()
    {
        _services.AddSingleton("Host=of-a-service");
        _services.AddSseHub().UsePostgres(static (o, services) => o.ConnectionString = services.GetRequiredService<string>());
        _services.Configure<PostgresOptions>(static o => o.Appenders = 4);
        (Options.ConnectionString, Options.Appenders).ShouldBe(("Host=of-a-service", 4));

        var other = new ServiceCollection();
        other.AddSseHub().UsePostgres(static o => o.ConnectionString = "Host=db");
        Read(other).ConnectionString.ShouldBe("Host=db");
    }

    [Fact]
    public void Section_sets_options_and_a_key_that_is_none_is_named()
    {
        _services.AddSseHub().UsePostgres(Section(("ConnectionString", "Host=db"), ("Lease", "00:00:07"), ("SynchronousCommit", "false")));
        (Options.ConnectionString, Options.Lease, Options.SynchronousCommit).ShouldBe(("Host=db", TimeSpan.FromSeconds(7), false));

        var other = new ServiceCollection();
        other.AddSseHub().UsePostgres(Section(("ConnectionString", "Host=db"), ("Leese", "00:00:07")));
        Should.Throw<OptionsValidationException>(() => Read(other)).Message.ShouldStartWith("Postgres:Leese is no option; ");
    }

    [Fact]
    public void Null_in_a_section_is_a_fault_and_turns_nothing_off()
    {
        _services.AddSseHub().UsePostgres(Section(
            ("ConnectionString", "Host=db"), ("SynchronousCommit", null), ("Lease", null), ("Appenders", null),
            ("ListenConnectionString", null)));
        Should.Throw<OptionsValidationException>(() => Options).Failures.ShouldBe(
        [
            "Postgres:Appenders is null; a whole number is allowed. Without the key the default holds.",
            "Postgres:Lease is null; a duration like 15s, 2h or 00:00:15 is allowed. Without the key the default holds.",
            "Postgres:SynchronousCommit is null; true or false is allowed. Without the key the default holds.",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Faults_of_hub_and_engine_come_in_one_exception_and_say_where_they_stand()
    {
        _services.AddSseHub(static o => o.WriteTolerance = -1).UsePostgres(Section(("ConnectionString", "Host=db"), ("Lease", "1s")));
        _services.Configure<PostgresOptions>(static o => o.Appenders = 0);
        using var provider = _services.BuildServiceProvider();
        var fault = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        fault.Failures.ShouldBe(
        [
            "HubOptions.WriteTolerance is -1; 0 to 1000 are allowed.", "Postgres:Lease is 1s; 2s to 5m are allowed.",
            "PostgresOptions.Appenders is 0; 1 to 16 are allowed.",
        ], ignoreOrder: true);
    }

    [Theory]
    [InlineData("Host=db;Port=99999", "has the Port 99999; 1 to 65535 are allowed.")]
    [InlineData("Host=db;Multiplexing=true", "has Multiplexing=true; ")]
    [InlineData("Host=db;Databse=hub;Password=s3cret", "has 'Databse', which Npgsql does not know ")]
    [InlineData("Host=db;Port=many;Password=s3cret", "has 'Port', which Npgsql does not know or whose value it cannot read; ")]
    [InlineData("Host=db;Password=s3cret;s3cret2=x", "is no connection string; ")]
    public void Connection_string_that_cannot_work_is_told_before_it_is_used(string text, string fault)
    {
        var said = new PostgresOptions { ConnectionString = text }.Validate().Single();
        said.ShouldStartWith($"ConnectionString {fault}");
        said.ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Policy_wait_as_a_default_is_refused_at_start(bool ofZones)
    {
        var waits = new StreamOptions { SlowReader = SlowReaderPolicy.Wait };
        var hub = ofZones ? new HubOptions { ZoneStreams = waits } : new HubOptions { StreamDefaults = waits };
        await using var node = new SseHub(hub, new PostgresEngine(new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1" }));
        (await Should.ThrowAsync<EngineStartException>(() => node.StartAsync())).Message.ShouldStartWith(
            $"{(ofZones ? "ZoneStreams" : "StreamDefaults")}.SlowReader is wait. ");
    }

    [Fact]
    public void Start_lists_every_fault_and_repeats_no_connection_string()
    {
        _services.AddSseHub().UsePostgres("Password=s3cret-word;Port=x", static o => (o.Lease, o.Appenders) = (TimeSpan.FromSeconds(1), 0));
        using var provider = _services.BuildServiceProvider();
        var fault = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        fault.Failures.Count().ShouldBe(3);
        fault.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("ConnectionString"), m => m.ShouldContain("Lease is 1s; 2s to 5m"),
            m => m.ShouldContain("Appenders is 0; 1 to 16"), m => m.ShouldNotContain("s3cret"));
    }

    [Fact]
    public void Engine_is_chosen_once_and_the_builder_goes_on()
    {
        var builder = _services.AddSseHub();
        builder.UsePostgres("Host=db").UseErrorWriter<Silent>().ShouldBeSameAs(builder);
        Should.Throw<InvalidOperationException>(() => builder.UsePostgres("Host=other")).Message.ShouldContain("once");
        Options.ConnectionString.ShouldBe("Host=db");
    }

    private PostgresOptions Options => Read(_services);

    private static PostgresOptions Read(ServiceCollection services)
    {
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<PostgresOptions>>().Value;
    }

    private static IConfigurationSection Section(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(static v => KeyValuePair.Create("Postgres:" + v.Key, v.Value)))
        .Build().GetSection("Postgres");

    private sealed class Silent : IHubErrorWriter
    {
        public Task WriteAsync(HttpContext context, int status, string code, string message) => Task.CompletedTask;
    }
}
