using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;

namespace AkkaSse.Benchmarks;

internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is not ["--check"])
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
            return 0;
        }
        // Every benchmark once, with every parameter, without timing: seconds instead of minutes.
        foreach (var type in typeof(Program).Assembly.GetTypes().Where(static t => !t.IsAbstract && t.IsAssignableTo(typeof(IChecked))))
        {
            foreach (var benchmark in WithParameters(type))
            {
                benchmark.Setup();
                foreach (var method in type.GetMethods().Where(static m => m.IsDefined(typeof(BenchmarkAttribute))))
                    if (method.Invoke(benchmark, null) is Task task) task.GetAwaiter().GetResult();
                benchmark.Cleanup();
            }
            Console.WriteLine($"{type.Name}: right");
        }
        return 0;
    }

    private static IEnumerable<IChecked> WithParameters(Type type)
    {
        var parameter = type.GetProperties().SingleOrDefault(static p => p.IsDefined(typeof(ParamsAttribute)));
        foreach (var value in parameter?.GetCustomAttribute<ParamsAttribute>()!.Values ?? [null])
        {
            var benchmark = (IChecked)Activator.CreateInstance(type)!;
            parameter?.SetValue(benchmark, value);
            yield return benchmark;
        }
    }
}
