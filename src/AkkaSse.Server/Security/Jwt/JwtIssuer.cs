using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>One issuer of tokens: an authentication scheme of JwtBearer, and what its claims grant. Thread-safe.</summary>
internal sealed class JwtIssuer
{
    // Beyond it an issuer that answers nothing would hold requests.
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    // Keys are fetched again so often, for one that the issuer has withdrawn.
    private static readonly TimeSpan FetchAgain = TimeSpan.FromHours(1);

    // Key sets have some KB.
    private const int MaxDocumentBytes = 1 << 20;

    private readonly JwtSettings _settings;
    private readonly SecurityKey? _key;
    private readonly string[] _algorithms;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _keys;
    private readonly KeyFetches _fetches;
    private readonly Lock _gate = new();
    private volatile bool _hasKeys;
    private Task<bool>? _fetch;

    /// <param name="index">The place in the section.</param>
    /// <param name="settings">Validated.</param>
    /// <param name="key">The shared key; null when keys are fetched.</param>
    /// <param name="algorithms">The accepted algorithms.</param>
    /// <param name="grants">What claims grant.</param>
    internal JwtIssuer(int index, JwtSettings settings, byte[]? key, string[] algorithms, JwtGrants grants)
    {
        Scheme = $"jwt:{index}";
        Section = $"{AuthSettings.Section}:{nameof(AuthSettings.Jwt)}:{index}";
        Name = JwtIssuers.NameOf(settings)!;
        Grants = grants;
        _settings = settings;
        _algorithms = algorithms;
        _key = key is null ? null : new SymmetricSecurityKey(key);
        _hasKeys = key is not null;
        _fetches = new KeyFetches(
            settings.Authority is null ? new JwksRetriever() : new OpenIdConnectConfigurationRetriever(), Section);
        _keys = key is null ? Manager(settings, _fetches) : null;
    }

    /// <summary>The authentication scheme that validates its tokens.</summary>
    internal string Scheme { get; }

    /// <summary>The key of its settings, for messages.</summary>
    internal string Section { get; }

    /// <summary>The claim <c>iss</c> of its tokens.</summary>
    internal string Name { get; }

    internal string SubjectPrefix => _settings.SubjectPrefix;

    internal TimeSpan ClockSkew => _settings.ClockSkew;

    internal JwtGrants Grants { get; }

    internal void Configure(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.ConfigurationManager = _keys;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = Name,
            ValidAudiences = _settings.Audience,
            ValidAlgorithms = _algorithms,
            IssuerSigningKey = _key,
            ClockSkew = _settings.ClockSkew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            NameClaimType = "sub",
        };
    }

    /// <summary>Tells of fetches that fail from now on.</summary>
    internal void LogTo(ILogger logger) => _fetches.Logger = logger;

    /// <summary>
    /// False when no key was ever fetched and none can be fetched now. One fetch runs at a time, and whoever asks meanwhile waits for it.
    /// </summary>
    internal ValueTask<bool> HasKeysAsync()
    {
        if (_hasKeys) return new(true);
        lock (_gate)
        {
            if (_fetch is null or { IsCompleted: true }) _fetch = Task.Run(FetchAsync);
            return new(_fetch);
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Design", "CA1031", Justification = "What a fetch can fail with is the issuer's; the caller is told that it failed.")]
    private async Task<bool> FetchAsync()
    {
        try
        {
            await _keys!.GetConfigurationAsync(CancellationToken.None);
            return _hasKeys = true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static ConfigurationManager<OpenIdConnectConfiguration> Manager(JwtSettings settings, KeyFetches fetches)
    {
        var (address, file) = (settings.Authority?.TrimEnd('/') + "/.well-known/openid-configuration", settings.JwksFile);
        if (settings.Authority is null) address = file ?? settings.JwksUrl!;
        IDocumentRetriever documents = file is not null
            ? new FileDocumentRetriever()
            : new HttpDocumentRetriever(new HttpClient { Timeout = FetchTimeout, MaxResponseContentBufferSize = MaxDocumentBytes })
            {
                RequireHttps = address.StartsWith("https:", StringComparison.OrdinalIgnoreCase),
            };
        return new ConfigurationManager<OpenIdConnectConfiguration>(address, fetches, documents)
        {
            RefreshInterval = settings.KeyRefresh,
            AutomaticRefreshInterval = FetchAgain,
            // It would accept for an hour what is signed with a key that the issuer has withdrawn.
            UseLastKnownGoodConfiguration = false,
        };
    }
}
