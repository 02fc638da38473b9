using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace AkkaSse.AspNetCore;

/// <summary>A parameter of an operation besides those of its path.</summary>
internal sealed record OperationParameter(string Name, Type Type, string Meaning, bool Required = false)
{
    public BindingSource Source { get; init; } = BindingSource.Query;
}

/// <summary>What a method of a path does, for an OpenAPI document. Metadata of the endpoint hold the path's route.</summary>
internal sealed record Operation(string Summary)
{
    public IReadOnlyList<OperationParameter> Parameters { get; init; } = [];

    /// <summary>Shape of the body; null for none.</summary>
    public Type? Body { get; init; }

    public bool BodyRequired { get; init; }

    /// <summary>Its content types; a body of data has any.</summary>
    public string[] BodyTypes { get; init; } = [];

    /// <summary>What is answered when all is well: status and shape; null for an answer without a body.</summary>
    public IReadOnlyList<(int Status, Type? Shape, string When)> Answers { get; init; } = [];

    public string AnswerType { get; init; } = "application/json";

    public IReadOnlyList<string> Codes { get; init; } = [];
}
