namespace AkkaSse.Server.Description;

/// <summary>Where the server serves its <see cref="ApiDocument"/>.</summary>
internal static class ApiDocumentEndpoint
{
    internal static void MapApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapMethods($"/openapi/{ApiDocument.Name}.json", [HttpMethods.Get, HttpMethods.Head],
            static (ApiDocument document) => document.AnswerAsync());
}
