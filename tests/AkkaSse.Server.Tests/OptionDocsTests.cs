using AkkaSse.Architecture.Tests.Options;
using AkkaSse.Server.Audit;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Limits;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Jwt;

namespace AkkaSse.Server.Tests;

/// <summary>
/// The documentation of the executable's own settings says range and default as they are, like that of every public option.
/// </summary>
public sealed class OptionDocsTests
{
    private static readonly string Sources = Path.Combine(AppContext.BaseDirectory, "../../../../../src/AkkaSse.Server");

    [Fact]
    public void Documentation_of_the_settings_says_range_and_default_as_they_are()
    {
        Faults<ServerSettings>("Configuration/ServerSettings.cs", static o => o.Validate()).ShouldBeEmpty();
        Faults<AuthSettings>("Security/AuthSettings.cs", static o => o.Validate()).ShouldBeEmpty();
        Faults<LimitSettings>("Limits/LimitSettings.cs", static o => o.Validate()).ShouldBeEmpty();
        Faults<AuditSettings>("Audit/AuditSettings.cs", static o => o.Validate()).ShouldBeEmpty();
        Faults<LimitRates>("Limits/LimitSettings.cs", static o => o.Validate("Limits")).ShouldBeEmpty();
        Faults<JwtSettings>("Security/Jwt/JwtSettings.cs", FaultsOf).ShouldBeEmpty();
        Faults<ScopeSettings>("Security/Jwt/JwtSettings.cs", static _ => []).ShouldBeEmpty();
        Faults<TokenSettings>("Security/AuthSettings.cs", static _ => []).ShouldBeEmpty();
    }

    private static IEnumerable<string> FaultsOf(JwtSettings settings)
    {
        var faults = new List<string>();
        JwtIssuers.Create(new AuthSettings { Jwt = [settings] }, faults);
        return faults;
    }

    private static IEnumerable<string> Faults<T>(string file, Func<T, IEnumerable<string>> validate)
        where T : class, new()
    {
        var source = File.ReadAllText(Path.Combine(Sources, file));
        return new OptionRules(
            static () => new T(),
            // Without the section.
            o => validate((T)o).Select(static f => f[(f[..f.IndexOf(' ', StringComparison.Ordinal)].LastIndexOf(':') + 1)..]),
            _ => source).Faults();
    }
}
