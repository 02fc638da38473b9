using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>Reads a JSON Web Key Set where there is no discovery document that names it.</summary>
internal sealed class JwksRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel) =>
        Read(await retriever.GetDocumentAsync(address, cancel));

    /// <exception cref="ArgumentException">The text is no key set.</exception>
    internal static OpenIdConnectConfiguration Read(string json)
    {
        var set = new JsonWebKeySet(json);
        var configuration = new OpenIdConnectConfiguration { JsonWebKeySet = set };
        foreach (var key in set.GetSigningKeys()) configuration.SigningKeys.Add(key);
        return configuration;
    }
}
