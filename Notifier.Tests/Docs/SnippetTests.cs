using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>Every command and snippet of README and docs, read from the files and run against a service.</summary>
public sealed class SnippetTests(DocsService service, Chromium chromium) : IClassFixture<DocsService>, IClassFixture<Chromium>
{
    private static readonly string[] Known = ["sh", "html", "js", "mjs", "jsx", "ts", "python", "csharp", "json", "yaml"];

    public static TheoryData<string, int> Run()
    {
        var data = new TheoryData<string, int>();
        foreach (var snippet in Snippet.All.Where(snippet => snippet.WhyNotRun is null && snippet.RunBy is null && Known.Contains(snippet.Language))) data.Add(snippet.Page, snippet.Line);
        return data;
    }

    [Fact]
    public void A_block_is_run_or_says_why_it_is_not()
    {
        foreach (var snippet in Snippet.All.Where(snippet => snippet.Language.Length > 0 && snippet.Language != "text"))
        {
            (snippet.WhyNotRun?.Length > 10 || Known.Contains(snippet.Language)).ShouldBeTrue($"{snippet.Page}:{snippet.Line} ({snippet.Language}) needs <!-- not run: why --> before it.");
        }

        foreach (var snippet in Snippet.All.Where(snippet => snippet.RunBy is not null))
        {
            var name = snippet.RunBy!.Split('.');
            var test = typeof(SnippetTests).Assembly.GetTypes().SingleOrDefault(type => type.Name == name[0])?.GetMethod(name[^1]);
            (test?.IsDefined(typeof(FactAttribute), inherit: true)).ShouldBe(true, $"{snippet.Page}:{snippet.Line} is run by {snippet.RunBy}, which is no test.");
        }

        Snippet.All.Count(snippet => snippet.WhyNotRun is null && Known.Contains(snippet.Language)).ShouldBeGreaterThan(15);
    }

    [SkippableTheory]
    [MemberData(nameof(Run))]
    public async Task It_does_what_it_says(string page, int line)
    {
        var snippet = Snippet.At(page, line);
        await (snippet.Language switch
        {
            "sh" => service.RunShellAsync(snippet),
            "html" => RunInBrowserAsync(await service.TextAsync(snippet)),
            "js" => RunInBrowserAsync($"""<script type="module">{await service.TextAsync(snippet)}</script>"""),
            "jsx" when snippet.Text.Contains("</", StringComparison.Ordinal) => RunComponentAsync(await service.TextAsync(snippet)),
            "jsx" => RunHookAsync(await service.TextAsync(snippet)),
            "ts" => service.ParseAsync(snippet),
            "mjs" => service.RunNodeAsync(snippet),
            "python" => service.RunPythonAsync(snippet),
            "csharp" => service.RunCSharpAsync(snippet),
            "json" => Task.FromResult(JsonDocument.Parse(snippet.Text)),
            _ => Task.FromResult(YamlFile.Parse(snippet.Text)),
        });
    }

    /// <summary>A page of the service's own origin has to print what is said in the room, and to fail nowhere.</summary>
    private async Task RunInBrowserAsync(string html)
    {
        var address = await service.AddressAsync();
        var page = await chromium.OpenWindowAsync();
        var (printed, failures) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        page.Console += (_, message) => (message.Type == "error" ? failures : printed).Enqueue(message.Text);
        page.PageError += (_, error) => failures.Enqueue(error);
        await page.AddInitScriptAsync("""
            const log = console.log;
            console.log = (...all) => log(...all.map(one => typeof one === "string" ? one : JSON.stringify(one)));
            globalThis.show = events => console.log(events);
            """);
        await page.RouteAsync("**/snippet", route => route.FulfillAsync(new() { ContentType = "text/html", Body = $"<!doctype html><link rel=icon href=data:,>{html}" }));
        await page.RouteAsync("**/my-token", async route => await route.FulfillAsync(new() { Body = await TokenAsync(address) }));
        await page.GotoAsync(new Uri(address, "/snippet").ToString());

        var said = $"Hello, page {Guid.NewGuid():N}";
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!printed.Any(line => line.Contains(said, StringComparison.Ordinal)))
        {
            failures.ShouldBeEmpty();
            deadline.IsCancellationRequested.ShouldBeFalse(string.Join('\n', printed));
            await service.SayAsync(said);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        failures.ShouldBeEmpty();
    }

    /// <summary>
    /// Runs a hook over a stand-in for React that calls effects and their clean-up as StrictMode does (mount, unmount, mount): one stream is
    /// left, and none after the last unmount.
    /// </summary>
    private async Task RunHookAsync(string hook)
    {
        const string StandIn = """
            let slots = [], next = 0;
            export const useState = first => { const slot = slots[next++] ??= { value: first }; return [slot.value, value => slot.value = value]; };
            export const useRef = first => slots[next++] ??= { current: first };
            export const useEffect = (run, deps) => { const slot = slots[next++] ??= {}; if (slot.deps?.every((one, i) => one === deps[i])) return; slot.cleanUp?.(); slot.deps = deps; slot.run = run; slot.cleanUp = run(); };
            export const render = component => { next = 0; return component(); };
            export const unmount = () => { for (const slot of slots) slot.cleanUp?.(); };
            export const remount = () => { for (const slot of slots) if (slot.run) slot.cleanUp = slot.run(); };
            """;
        var address = await service.AddressAsync();
        var page = await chromium.OpenWindowAsync();
        await page.RouteAsync("**/react.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = StandIn }));
        await page.RouteAsync("**/use-topic.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = hook }));
        await page.RouteAsync("**/snippet", route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = """<!doctype html><script type="importmap">{"imports":{"react":"/react.js"}}</script>""",
        }));
        await page.GotoAsync(new Uri(address, "/snippet").ToString());

        // A topic that nothing else here follows, so that its members are this page's streams.
        var room = Fresh.Room();
        await page.EvaluateAsync($$"""
            async () => {
              globalThis.react = await import("/react.js");
              const { useTopic } = await import("/use-topic.js");
              globalThis.heard = [];
              globalThis.component = () => useTopic("room:{{room}}", { query: { as: "reader" }, onEvent: event => heard.push(event.data.text) });
              react.render(component);
              react.unmount();
              react.remount();
            }
            """);
        await page.WaitForFunctionAsync("() => react.render(component).status === 'open'");
        (await StreamsAsync(address, room)).ShouldBe(1);
        using (var client = new HttpClient { BaseAddress = address }) await client.SayAsync(room, "Once");
        await page.WaitForFunctionAsync("() => heard.length > 0");
        (await page.EvaluateAsync<string[]>("heard")).ShouldBe(["Once"]);

        await page.EvaluateAsync("react.unmount()");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await StreamsAsync(address, room) > 0)
        {
            deadline.IsCancellationRequested.ShouldBeFalse("A stream outlived its component.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>Renders a component with React itself, in StrictMode, in a page that has what the component takes for granted: what is said is in its list once.</summary>
    private async Task RunComponentAsync(string component)
    {
        var room = Fresh.Room();
        var script = await service.BuildAsync($$"""
            import { StrictMode } from 'react';
            import { createRoot } from 'react-dom/client';
            {{component}}
            const getToken = async () => (await fetch('/my-token')).text();
            const loadHistory = async room => [];
            createRoot(document.querySelector('main')).render(<StrictMode><Room room="{{room}}" /></StrictMode>);
            """);
        var address = await service.AddressAsync();
        var page = await chromium.OpenWindowAsync();
        var failures = new ConcurrentQueue<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") failures.Enqueue(message.Text);
        };
        page.PageError += (_, error) => failures.Enqueue(error);
        await page.RouteAsync("**/snippet", route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = "<!doctype html><link rel=icon href=data:,><main></main><script type=module src=/room.js></script>",
        }));
        await page.RouteAsync("**/room.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = script }));
        await page.RouteAsync("**/my-token", async route => await route.FulfillAsync(new() { Body = await TokenAsync(address) }));
        await page.GotoAsync(new Uri(address, "/snippet").ToString());

        await page.Locator("ul[aria-busy=false]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        using (var client = new HttpClient { BaseAddress = address }) await client.SayAsync(room, "Hello, component");
        await page.Locator("li").First.WaitForAsync();

        (await page.Locator("li").AllInnerTextsAsync()).ShouldBe(["Hello, component"]);
        failures.ShouldBeEmpty();
    }

    private static async Task<int> StreamsAsync(Uri address, string room)
    {
        using var client = new HttpClient { BaseAddress = address };
        var presence = JsonDocument.Parse(await client.GetByteArrayAsync($"/api/rooms/{room}/presence")).RootElement;
        return presence.GetProperty("users").EnumerateArray().Sum(user => user.GetProperty("connections").GetInt32());
    }

    private static async Task<string> TokenAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var answer = await client.PostTextAsync("/api/dev/tokens", """{"sub":"reader","rooms":["*"]}""");
        return (await answer.JsonAsync()).GetProperty("token").GetString()!;
    }
}
