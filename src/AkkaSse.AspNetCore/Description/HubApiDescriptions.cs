using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace AkkaSse.AspNetCore;

/// <summary>Metadata of an endpoint: what its methods do.</summary>
internal sealed record OperationsMetadata(Func<string, Operation> Of);

/// <summary>
/// Describes the hub's endpoints to whoever asks the application for its API, an OpenAPI document for one. Routing gives it none of
/// endpoints that read the request themselves.
/// </summary>
internal sealed class HubApiDescriptions(EndpointDataSource endpoints) : IApiDescriptionProvider
{
    // After the one that describes handlers with parameters (-1100), which knows nothing of these.
    public int Order => -1000;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<OperationsMetadata>() is not { } operations) continue;
            if (endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is { ExcludeFromDescription: true }) continue;
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                context.Results.Add(Describe(endpoint, method, operations.Of(method)));
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static ApiDescription Describe(RouteEndpoint endpoint, string method, Operation operation)
    {
        var description = new ApiDescription
        {
            HttpMethod = method,
            GroupName = endpoint.Metadata.GetMetadata<IEndpointGroupNameMetadata>()?.EndpointGroupName,
            ActionDescriptor = new ActionDescriptor
            {
                DisplayName = endpoint.DisplayName,
                // The application's own words come last, and win.
                EndpointMetadata = [new EndpointSummaryAttribute(operation.Summary), new TagsAttribute("AkkaSse"), .. endpoint.Metadata],
                RouteValues = new Dictionary<string, string?> { ["controller"] = "AkkaSse" },
            },
        };
        description.RelativePath = Path(endpoint.RoutePattern, description.ParameterDescriptions);
        foreach (var p in operation.Parameters)
            description.ParameterDescriptions.Add(Parameter(p.Name, p.Source, p.Type, p.Required, p.Meaning));
        if (operation.Body is { } body)
        {
            description.ParameterDescriptions.Add(Parameter("body", BindingSource.Body, body, operation.BodyRequired, ""));
            foreach (var type in operation.BodyTypes) description.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = type });
        }
        foreach (var (status, shape, when) in operation.Answers)
            description.SupportedResponseTypes.Add(Answer(status, shape, when, method, operation.AnswerType));
        var codes = Operations.Everywhere.Concat(operation.Codes).Distinct();
        foreach (var group in codes.GroupBy(static code => Problems.All[code].Status).OrderBy(static g => g.Key))
        {
            var when = string.Join("; ", group.Select(static code => $"`{code}`: {Problems.All[code].When}"));
            description.SupportedResponseTypes.Add(
                Answer(group.Key, typeof(SseProblem), when, method, "application/problem+json", "text/plain"));
        }
        return description;
    }

    /// <summary>
    /// The path as the documents write it. A parameter of the hub keeps its prefix where the route around it has one of that name.
    /// </summary>
    private static string Path(RoutePattern pattern, IList<ApiParameterDescription> parameters)
    {
        var path = new StringBuilder();
        foreach (var segment in pattern.PathSegments)
        {
            if (path.Length > 0) path.Append('/');
            foreach (var part in segment.Parts)
            {
                if (part is RoutePatternLiteralPart literal) path.Append(literal.Content);
                if (part is RoutePatternSeparatorPart separator) path.Append(separator.Content);
                if (part is not RoutePatternParameterPart { Name: var name }) continue;
                var plain = name.StartsWith(RouteKeys.Prefix, StringComparison.Ordinal) ? name[RouteKeys.Prefix.Length..] : name;
                if (pattern.GetParameter(plain) is not null) plain = name;
                path.Append('{').Append(plain).Append('}');
                var meaning = Operations.PathMeaning(name.StartsWith(RouteKeys.Prefix, StringComparison.Ordinal)
                    ? name[RouteKeys.Prefix.Length..]
                    : "");
                parameters.Add(Parameter(plain, BindingSource.Path, typeof(string), required: true, meaning));
            }
        }
        return path.ToString();
    }

    private static ApiParameterDescription Parameter(string name, BindingSource source, Type type, bool required, string meaning) => new()
    {
        Name = name,
        Source = source,
        Type = type,
        IsRequired = required,
        ModelMetadata = MeaningMetadata.Of(type, meaning),
        ParameterDescriptor = new ParameterDescriptor { Name = name, ParameterType = type },
    };

    private static ApiResponseType Answer(int status, Type? shape, string when, string method, params string[] types)
    {
        var answer = new ApiResponseType { StatusCode = status, Description = when.Length == 0 ? null : when };
        if (shape is null || method == "HEAD") return answer;
        answer.Type = shape;
        answer.ModelMetadata = MeaningMetadata.Of(shape);
        foreach (var type in types) answer.ApiResponseFormats.Add(new ApiResponseFormat { MediaType = type });
        return answer;
    }
}
