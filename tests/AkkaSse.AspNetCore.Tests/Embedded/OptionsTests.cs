using System.Text;
using AkkaSse.Hub;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AkkaSse.AspNetCore.Tests.Embedded;

/// <summary>The hub's options as an application of ASP.NET Core sets them.</summary>
public sealed class OptionsTests
{
    [Fact]
    public async Task Hub_runs_with_the_options_that_the_application_configures_beside_it()
    {
        await using var host = await EdgeHost.StartAsync(
            host: static b => b.Services.Configure<HubOptions>(static o => o.MaxEventBytes = 3));
        (await host.PostAsync("/v1/streams/s/events", "abc")).Status.ShouldBe(202);
        (await host.PostAsync("/v1/streams/s/events", "abcd")).Status.ShouldBe(413);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Section_of_appsettings_sets_options_and_those_of_streams(bool configured)
    {
        var section = Section("""
            { "Hub": { "NodeName": "n1", "Heartbeat": "00:00:05", "MaxConnections": 7, "DuplicateClients": "reject",
              "StreamDefaults": { "MaxEvents": 9, "SlowReader": "Conflate", "Ttl": "00:01:00" }, "ZoneStreams": { "MaxEvents": 8 } } }
            """);
        var services = new ServiceCollection();
        if (configured) services.Configure<HubOptions>(section).AddSseHub();
        else services.AddSseHub(section);
        var options = Read(services);

        (options.NodeName, options.Heartbeat, options.MaxConnections).ShouldBe(("n1", TimeSpan.FromSeconds(5), 7));
        options.DuplicateClients.ShouldBe(DuplicateClientPolicy.Reject);
        options.StreamDefaults.ShouldBe(
            new StreamOptions { MaxEvents = 9, SlowReader = SlowReaderPolicy.Conflate, Ttl = TimeSpan.FromMinutes(1) });
        options.ZoneStreams.ShouldBe(StreamOptions.Ephemeral with { MaxEvents = 8 });
        new HubOptions().ZoneStreams.MaxEvents.ShouldBe(1_000, "hubs share no options");
    }

    [Fact]
    public void Key_that_is_no_option_is_named()
    {
        var services = new ServiceCollection();
        services.AddSseHub(Section("""{ "Hub": { "Hartbeat": "00:00:05" } }"""));
        Should.Throw<OptionsValidationException>(() => Read(services)).Message.ShouldStartWith("Hub:Hartbeat is no option; ");
    }

    [Fact]
    public void Namespaces_stand_below_their_prefixes_and_have_the_hubs_options_where_they_say_nothing()
    {
        var services = new ServiceCollection();
        services.AddSseHub(Section("""
            { "Hub": { "Namespaces": { "chat/": { "MaxReaders": 5, "StreamDefaults": { "MaxAge": "1h" } }, "t.": { "MaxStreams": 3 } },
              "StreamDefaults": { "MaxEvents": 9 } } }
            """));
        var options = Read(services);

        options.Namespaces.Keys.ShouldBe(["chat/", "t."], ignoreOrder: true);
        options.Namespaces["chat/"].MaxReaders.ShouldBe(5);
        options.Namespaces["chat/"].StreamDefaults.ShouldBe(new StreamOptions { MaxEvents = 9, MaxAge = TimeSpan.FromHours(1) });
        (options.Namespaces["t."].MaxStreams, options.Namespaces["t."].StreamDefaults).ShouldBe((3, null));
        options.StreamDefaults.MaxAge.ShouldBe(TimeSpan.FromDays(1), "hubs and namespaces share no options");
    }

    [Theory]
    [InlineData("""{ "Namespaces": { "t/": { "MaxReader": 1 } } }""", "Hub:Namespaces:t/:MaxReader is no option; ")]
    [InlineData("""{ "Namespaces": { "t/": { "MaxReaders": "x" } } }""", "Hub:Namespaces:t/:MaxReaders is 'x'; a whole number is allowed.")]
    [InlineData("""{ "Namespaces": { "t/": 5 } }""", "Hub:Namespaces:t/ is one value; a section is allowed, with StreamDefaults, ")]
    [InlineData("""{ "Namespaces": 5 }""", "Hub:Namespaces is one value; a section for each entry is allowed.")]
    [InlineData("""{ "Namespaces": { "t/": { "MaxReaders": 0 } } }""", "HubOptions.Namespaces[\"t/\"].MaxReaders is 0; at least 1 is")]
    public void Namespace_with_a_fault_is_named(string hub, string fault)
    {
        var services = new ServiceCollection();
        services.AddSseHub(Section($"{{ \"Hub\": {hub} }}"));
        Should.Throw<OptionsValidationException>(() => Read(services)).Message.ShouldStartWith(fault);
    }

    [Fact]
    public void Later_calls_add_options_to_those_of_earlier_ones()
    {
        var services = new ServiceCollection();
        services.AddSseHub(Section("""{ "Hub": { "MaxStreams": 5, "WriteTolerance": 5 } }"""));
        services.AddSseHub(static o => o.WriteTolerance = 6);
        (Read(services).MaxStreams, Read(services).WriteTolerance).ShouldBe((5, 6));
    }

    private static HubOptions Read(ServiceCollection services)
    {
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<HubOptions>>().Value;
    }

    private static IConfigurationSection Section(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("Hub");
}
