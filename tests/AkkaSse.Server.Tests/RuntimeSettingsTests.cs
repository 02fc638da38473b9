using System.Text.Json;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

/// <summary>What the runtime reads before the first line of the program, from the file beside it.</summary>
public sealed class RuntimeSettingsTests
{
    [Fact]
    public async Task Hot_code_is_compiled_well_at_once_with_a_profile_and_idle_threads_sleep()
    {
        var file = Path.Combine(Path.GetDirectoryName(TestServer.Program)!, "AkkaSse.Server.runtimeconfig.json");
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var settings = json.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");

        settings.GetProperty("System.Runtime.TieredCompilation.CallCountingDelayMs").GetInt32().ShouldBe(0);
        settings.TryGetProperty("System.Runtime.TieredPGO", out _).ShouldBeFalse("the runtime's default is on");
        settings.GetProperty("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit").GetInt32().ShouldBe(0);
        settings.GetProperty("Switch.Microsoft.IdentityModel.UpdateConfigAsBlocking").GetBoolean().ShouldBeTrue(
            "else a token with a new key is refused while the key is fetched");
    }
}
