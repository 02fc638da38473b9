using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>An event as a client of an older hub hands it to its user. What that client does not have is "".</summary>
internal sealed record GoEvent(string Type, string Data, string Id = "");
