using System.Text.Json;

namespace AkkaSse.ContractService;

/// <summary>Request bodies as JSON whatever their content type.</summary>
internal static class JsonBody
{
    /// <summary>The body, or null when it is not JSON.</summary>
    public static async Task<JsonElement?> ReadAsync(HttpRequest request)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, default, request.HttpContext.RequestAborted);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
