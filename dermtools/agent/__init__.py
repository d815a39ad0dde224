"""The typed tools over a case base, the toolkit, and an agent that decides when to look similar cases up.

    agent = create_derm_agent("openai:gpt-4.1", CaseBase.open("casebase"))
    print(agent.ask("Where on the body is this?", ["photo.jpg"]).text)

The tools' plain functions are `search_similar_cases(workspace, arguments, context)` and so on: every front end shares
them. Pictures have handles, and their bytes are in the `DermContext` of a run.
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.agent.agent_method import AgentMethod as AgentMethod
    from dermtools.agent.answer import AgentAnswer as AgentAnswer
    from dermtools.agent.conversation import Conversation as Conversation
    from dermtools.agent.derm_agent import DermAgent as DermAgent
    from dermtools.agent.events import Event as Event
    from dermtools.agent.events import Finished as Finished
    from dermtools.agent.events import Interrupted as Interrupted
    from dermtools.agent.events import TextDelta as TextDelta
    from dermtools.agent.events import ToolFinished as ToolFinished
    from dermtools.agent.events import ToolStarted as ToolStarted
    from dermtools.agent.factory import create_derm_agent as create_derm_agent
    from dermtools.agent.interrupts import Interruption as Interruption
    from dermtools.agent.middleware import PictureMiddleware as PictureMiddleware
    from dermtools.agent.middleware import human_message as human_message
    from dermtools.agent.private_graph import PrivateGraph as PrivateGraph
    from dermtools.agent.provider_rules import PROVIDER_RULES as PROVIDER_RULES
    from dermtools.agent.provider_rules import ProviderRules as ProviderRules
    from dermtools.agent.run_context import RunContext as RunContext
    from dermtools.agent.store_pictures import PicturesInStore as PicturesInStore
    from dermtools.agent.toolkit import DermToolkit as DermToolkit
    from dermtools.agent.written_calls import WrittenCallMiddleware as WrittenCallMiddleware
    from dermtools.tools.context import DermContext as DermContext
    from dermtools.tools.exemplars import exemplar_messages as exemplar_messages
    from dermtools.tools.pictures.fetching import PictureFetcher as PictureFetcher
    from dermtools.tools.pictures.grants import ImageGrants as ImageGrants
    from dermtools.tools.pictures.image_store import ImageStore as ImageStore
    from dermtools.tools.pictures.picture_folder import PicturesInFolder as PicturesInFolder
    from dermtools.tools.pictures.threads import PicturesInMemory as PicturesInMemory
    from dermtools.tools.pictures.threads import Thread as Thread
    from dermtools.tools.workspace import Workspace as Workspace

__getattr__, __dir__, __all__ = exports(__name__)
