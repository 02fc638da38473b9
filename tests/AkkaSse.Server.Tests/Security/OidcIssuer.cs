using System.Security.Cryptography;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Tests.Security;

/// <summary>An OpenID provider on a free loopback port: discovery, a key set that rotates, and tokens. Thread-safe.</summary>
internal sealed class OidcIssuer : IAsyncDisposable
{
    internal const string Audience = "hub";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<RsaSecurityKey> _published = [];
    private RsaSecurityKey _key;
    private int _keys;
    private int _fetches;

    private OidcIssuer(WebApplication app)
    {
        _app = app;
        _key = NewKey();
        _published.Add(_key);
    }

    internal string Url { get; private set; } = "";

    /// <summary>How often the key set was fetched.</summary>
    internal int Fetches => Volatile.Read(ref _fetches);

    /// <summary>False: the key set is answered 503.</summary>
    internal bool IsServing { get; set; } = true;

    /// <summary>The key that signs now.</summary>
    internal RsaSecurityKey Key
    {
        get
        {
            lock (_gate) return _key;
        }
    }

    internal string KeySet
    {
        get
        {
            lock (_gate)
            {
                return "{\"keys\":[" + string.Join(',', _published.Select(static k =>
                {
                    var p = k.Rsa.ExportParameters(false);
                    return $$"""{"kty":"RSA","use":"sig","kid":"{{k.KeyId}}","n":"{{Base64UrlEncoder.Encode(p.Modulus!)}}","e":"{{
                        Base64UrlEncoder.Encode(p.Exponent!)}}"}""";
                })) + "]}";
            }
        }
    }

    internal static async Task<OidcIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new OidcIssuer(app);
        app.MapGet("/.well-known/openid-configuration", () => Results.Text(
            $$"""{"issuer":"{{issuer.Url}}","jwks_uri":"{{issuer.Url}}/keys"}""", "application/json"));
        app.MapGet("/keys", () =>
        {
            Interlocked.Increment(ref issuer._fetches);
            return issuer.IsServing ? Results.Text(issuer.KeySet, "application/json") : Results.StatusCode(503);
        });
        await app.StartAsync();
        issuer.Url = app.Urls.Single();
        return issuer;
    }

    /// <summary>Signs with a new key from now on, and publishes it alone.</summary>
    /// <returns>The key before.</returns>
    internal RsaSecurityKey Rotate()
    {
        var next = NewKey();
        lock (_gate)
        {
            var before = _key;
            _published.Clear();
            _published.Add(next);
            _key = next;
            return before;
        }
    }

    /// <summary>A token of this issuer; what is given overrides what it would say.</summary>
    internal string Token(string subject, Dictionary<string, object>? claims = null, TimeSpan? life = null,
        SigningCredentials? signing = null, string? audience = Audience, string? issuer = null)
    {
        var now = DateTime.UtcNow;
        var expires = now + (life ?? TimeSpan.FromMinutes(10));
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Url,
            Audience = audience,
            // What stands here would win over the claims.
            IssuedAt = claims?.ContainsKey("iat") == true ? null : expires < now ? expires.AddMinutes(-10) : now,
            Expires = claims?.ContainsKey("exp") == true ? null : expires,
            Claims = new Dictionary<string, object>(claims ?? []) { ["sub"] = subject, ["jti"] = Guid.NewGuid().ToString("N") },
            SigningCredentials = signing ?? new SigningCredentials(Key, SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>Waits until a server has the keys: until then it cannot say who is who, and a busy machine makes it take long.</summary>
    internal Task KnownToAsync(TestServer server) => Eventually.Until(
        async () => (await RawHttp.GetAsync(server.Url, "/v1/session", "Authorization: Bearer " + Token("somebody"))).Status != 503,
        "the server has the keys of the issuer");

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private RsaSecurityKey NewKey() => new(RSA.Create(2048)) { KeyId = "key-" + Interlocked.Increment(ref _keys) };
}
