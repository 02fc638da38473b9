using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>What an answer says in a test that takes no "unavailable".</summary>
public static class EngineAnswers
{
    public static T Known<T>(this EngineAnswer<T> answer)
    {
        answer.IsKnown.ShouldBeTrue("the engine cannot say now");
        answer.TryGet(out var value);
        return value!;
    }
}
