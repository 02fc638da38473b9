using System.Text.Json.Serialization;
using AkkaSse.Hub;

namespace AkkaSse.Postgres.Streams;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StreamOptions))]
internal sealed partial class OptionsJson : JsonSerializerContext;
