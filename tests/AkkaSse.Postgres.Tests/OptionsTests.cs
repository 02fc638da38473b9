using AkkaSse.AspNetCore;
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
        Should.Throw<InvalidOperationException>(() => Read(other)).Message.ShouldContain("Leese");
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

    private static IConfigurationSection Section(params (string Key, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(static v => KeyValuePair.Create("Postgres:" + v.Key, (string?)v.Value)))
        .Build().GetSection("Postgres");

    private sealed class Silent : IHubErrorWriter
    {
        public Task WriteAsync(HttpContext context, int status, string code, string message) => Task.CompletedTask;
    }
}
