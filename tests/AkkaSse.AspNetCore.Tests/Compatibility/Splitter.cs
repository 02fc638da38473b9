using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>Cuts what was read into pieces that end with a mark.</summary>
internal sealed class Splitter(string mark)
{
    private string _rest = "";

    public void Reset() => _rest = "";

    /// <summary>What is left without a mark.</summary>
    public string Rest => _rest;

    public IEnumerable<string> Feed(string text)
    {
        var pieces = (_rest + text).Split(mark);
        _rest = pieces[^1];
        return pieces[..^1];
    }
}
