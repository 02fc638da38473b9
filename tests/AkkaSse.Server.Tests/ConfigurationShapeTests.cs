using AkkaSse.Server.Configuration;
using AkkaSse.Server.Tests.Security;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

/// <summary>What is written in another form than is read, or under a name that is none, is a fault of one line, and not ignored.</summary>
public sealed class ConfigurationShapeTests
{
    [Theory]
    [InlineData("""{ "Auth": { "Tokens": { "Hash": "x", "Subject": "ops", "Grants": ["all"] } } }""", "Auth:Tokens is an object", "a list")]
    [InlineData("""{ "Auth": { "Jwt": { "Issuer": "x", "Audience": "hub" } } }""", "Auth:Jwt is an object", "a list")]
    [InlineData("""{ "Auth": { "Tokens": ["a-token-of-32-letters"] } }""", "Auth:Tokens:0 is one value", "a section")]
    [InlineData("""{ "Auth": [{ "Tokens": [] }] }""", "Auth is a list", "an object")]
    [InlineData("""{ "Limits": { "Address": [5, 6] } }""", "Limits:Address is a list", "an object")]
    [InlineData("""{ "Server": { "CorsOrigins": { "a": "https://a.example" } } }""", "Server:CorsOrigins is an object", "a list")]
    [InlineData("""{ "Server": { "CorsOrigins": [{ "a": "https://a.example" }] } }""", "Server:CorsOrigins:0 has keys", "one value")]
    [InlineData("""{ "Namespaces": { "chat/*": { "MaxStreams": 5 } } }""", "Namespaces:chat/* is no prefix", "a prefix has no '*'")]
    public void Value_of_another_form_is_one_fault(string content, string beginning, string needed)
    {
        // Nothing is said of authentication, which is there if only it could be read.
        content = """{ "urls": "http://0.0.0.0:1", """ + (content.Contains("\"Auth\"", StringComparison.Ordinal)
            ? ""
            : """ "Auth": { "Tokens": [{ "Token": "a-token-of-32-letters", "Subject": "a", "Grants": ["all"] }] }, """) + content[1..];
        var faults = ConfigFile.FaultsOf(content).Split('\n');

        faults.ShouldHaveSingleItem().ShouldStartWith(beginning);
        faults[0].ShouldContain(needed);
        faults[0].ShouldNotContain("a-token-of-32-letters");
    }

    [Theory]
    [InlineData("Publishes=5", "Publishes is not a section (from command line); known are Server, Hub,")]
    [InlineData("Limit:Publishes=5", "Limit is not a section (from command line); did you mean Limits?")]
    [InlineData("Limits.Publishes=5", "Limits.Publishes is not a section (from command line); did you mean Limits:Publishes?")]
    [InlineData("Logging:LogLevel:AkkaSse.Hub=debug", null)]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections=1000", null)]
    [InlineData("Hub__MaxStreams=1000", null)]
    public void Key_of_the_command_line_that_is_none_is_a_fault(string setting, string? fault)
    {
        var (key, value) = (setting.Split('=')[0].Replace("__", ":", StringComparison.Ordinal), setting.Split('=')[1]);
        var faults = FaultsOf(new Dictionary<string, string?> { [key] = value });

        if (fault is null) faults.ShouldBe("");
        else faults.ShouldStartWith(fault);
    }

    [Fact]
    public async Task Variable_with_one_underscore_is_a_fault_and_what_others_set_is_none()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config"], new Dictionary<string, string>
        {
            ["AKKASSE_LIMITS_PUBLISHES"] = "5",
            ["AKKASSE_TEST_SEED"] = "5",
            ["AKKASSE_TOKEN"] = "5",
        });

        code.ShouldBe(78, output);
        output.Trim().ShouldBe(
            "akkasse: AKKASSE_LIMITS_PUBLISHES is not a key; two underscores stand between the parts of one: AKKASSE_LIMITS__PUBLISHES.");
    }

    [Theory]
    [InlineData("LIMITS_PUBLISHES", "5", "LIMITS__PUBLISHES")]
    [InlineData("limits_publishes", "5", "limits__publishes")]
    [InlineData("AUTH_TOKENS_0_TOKEN", "x", "AUTH__TOKENS__0__TOKEN")]
    [InlineData("AKKA_PORT", "4054", "AKKA__PORT")]
    [InlineData("TEST_SEED", "5", null)]
    [InlineData("PORT", "tcp://10.0.0.1:80", null)]
    // What Kubernetes sets for a service named akkasse-hub, and akkasse-hub-metrics.
    [InlineData("HUB_PORT", "tcp://10.0.0.1:80", null)]
    [InlineData("HUB_SERVICE_HOST", "10.0.0.1", null)]
    [InlineData("HUB_SERVICE_PORT", "80", null)]
    [InlineData("HUB_SERVICE_PORT_HTTP", "80", null)]
    [InlineData("HUB_PORT_80_TCP", "tcp://10.0.0.1:80", null)]
    [InlineData("HUB_PORT_80_TCP_PORT", "80", null)]
    [InlineData("HUB_METRICS_PORT", "tcp://10.0.0.1:80", null)]
    public void Name_with_one_underscore_is_told_from_names_of_others(string name, string value, string? meant) =>
        EnvironmentNames.Misspelt(name, value, ["Hub", "Auth", "Limits", "Akka"]).ShouldBe(meant);

    private static string FaultsOf(Dictionary<string, string?> keys)
    {
        try
        {
            EffectiveSettings.Read(ConfigurationTree.Load(null, keys));
            return "";
        }
        catch (ConfigurationFaultsException e)
        {
            return string.Join('\n', e.Faults);
        }
    }
}
