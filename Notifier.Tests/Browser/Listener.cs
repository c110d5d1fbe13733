using System.Text.Json;
using Microsoft.Playwright;
using Notifier.Tests.Support;

namespace Notifier.Tests.Browser;

/// <summary>A page that follows topics through <c>notifier.js</c>, and writes down what it is told.</summary>
internal sealed class Listener(IPage page)
{
    public IPage Page { get; } = page;

    /// <summary>Opens a page of the service at <paramref name="address"/>, and connects with <paramref name="options"/>, which is JavaScript.</summary>
    public static async Task<Listener> OpenAsync(IPage page, Uri address, string options)
    {
        // Of all that the service serves this is the least, and a page of its origin all the same.
        await page.GotoAsync(new Uri(address, "/healthz").ToString());
        var listener = new Listener(page);
        await listener.ConnectAsync(options);
        return listener;
    }

    public Task ConnectAsync(string options) => Page.EvaluateAsync($$"""
        async () => {
          const { connect } = await import("/notifier.js");
          Object.assign(window, { heard: [], states: [], gaps: [], problems: [], welcomes: [], members: [], typists: [] });
          window.line = connect({
            query: { as: "ada" },
            share: false,
            onEvent: event => heard.push(event.data?.text ?? event.type),
            onState: state => states.push(state),
            onGap: gap => gaps.push(gap),
            onError: problem => problems.push(`${problem.status} ${problem.topics ?? ""}`.trim()),
            onWelcome: welcome => welcomes.push(welcome),
            onPresence: room => members.push(room),
            onTyping: room => typists.push(room),
            ...({{options}}),
          });
        }
        """);

    /// <summary>Waits until it is open, on a connection that <paramref name="count"/> welcomes have come on.</summary>
    public Task OpenAsync(int count = 1) => TrueAsync($"line.state.status === 'open' && welcomes.length >= {count}");

    /// <summary>Waits until it has heard just these, in this order.</summary>
    public async Task HeardAsync(params string[] expected)
    {
        try
        {
            await Page.UntilAsync($"JSON.stringify(heard) === JSON.stringify({JsonSerializer.Serialize(expected)})");
        }
        catch (TimeoutException)
        {
            (await Page.EvaluateAsync<string[]>("heard")).ShouldBe(expected);
            throw;
        }
    }

    /// <summary>Waits until a state is as <paramref name="condition"/>, which is JavaScript over <c>state</c>, says; also one that is past.</summary>
    public Task StateAsync(string condition) => TrueAsync($"states.some(state => {condition})");

    public async Task TrueAsync(string condition)
    {
        try
        {
            await Page.UntilAsync(condition);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Not so: {condition}. It was told: {await Page.EvaluateAsync<string>("JSON.stringify({ states, heard, gaps, problems })")}", e);
        }
    }

    public Task<T> EvaluateAsync<T>(string expression) => Page.EvaluateAsync<T>(expression);

    public Task EvaluateAsync(string expression) => Page.EvaluateAsync(expression);
}
