using System.Security.Cryptography;
using AkkaSse.Server.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace AkkaSse.Server.Description;

/// <summary><c>/openapi/v1.json</c>: built at the first request for it, and then the same bytes for everybody. Thread-safe.</summary>
/// <remarks>
/// <c>MapOpenApi</c> builds the document of every route, parameter and schema for each request, and nobody has to authenticate here. It
/// also writes the request's <c>Host</c> into it.
/// </remarks>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    internal const string Name = "v1";

    private readonly Lock _lock = new();
    private Task<(byte[] Bytes, EntityTagHeaderValue Tag)>? _built;

    internal static void Add(IServiceCollection services)
    {
        services.AddSingleton<ApiDocument>();
        services.AddOpenApi(Name, static o =>
        {
            // Health and metrics are the operator's.
            o.ShouldInclude = static call => call.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) == true;
            o.AddOperationTransformer(static (operation, context, _) =>
            {
                DescribeParameters(operation, context);
                return Task.CompletedTask;
            });
            o.AddDocumentTransformer(static (document, _, _) =>
            {
                (document.Info.Title, document.Info.Version) = ("AkkaSse", ServerVersion.Text);
                // Without one the document is about the server that serves it, by whatever name it was asked.
                document.Servers = null;
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>The answer to a request: all of it, or 304 to who has it already.</summary>
    internal async Task<IResult> AnswerAsync()
    {
        var (bytes, tag) = await BuiltAsync();
        return Results.Bytes(bytes, "application/json;charset=utf-8", entityTag: tag);
    }

    // One that could not be built is tried again with the next request.
    private Task<(byte[] Bytes, EntityTagHeaderValue Tag)> BuiltAsync()
    {
        lock (_lock)
        {
            if (_built is null or { IsFaulted: true }) _built = Task.Run(BuildAsync);
            return _built;
        }
    }

    private async Task<(byte[] Bytes, EntityTagHeaderValue Tag)> BuildAsync()
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var bytes = new MemoryStream();
        await document.SerializeAsJsonAsync(bytes, OpenApiSpecVersion.OpenApi3_1);
        var content = bytes.ToArray();
        return (content, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\""));
    }

    // The hub gives the meaning of a parameter as metadata; the package reads attributes of a handler's parameters, which it has none of.
    private static void DescribeParameters(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Description ??= context.Description.ParameterDescriptions
                .FirstOrDefault(p => p.Name == parameter.Name && In(p.Source.Id) == parameter.In)?.ModelMetadata?.Description;
        }
    }

    private static ParameterLocation? In(string source) => source switch
    {
        "Path" => ParameterLocation.Path,
        "Query" => ParameterLocation.Query,
        "Header" => ParameterLocation.Header,
        _ => null,
    };
}
