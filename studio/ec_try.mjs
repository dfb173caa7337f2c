import * as echarts from "echarts/core";
import { BarChart, LineChart, CustomChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent, AriaComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
echarts.use([CustomChart, LineChart, BarChart, GridComponent, MarkLineComponent, TooltipComponent, AriaComponent, SVGRenderer]);
const R=8,T=26,H=58;
const v=()=>Array.from({length:T},()=>Math.random());
const lab=Array.from({length:T},(_,i)=>String(i));
function many(ptr=true, mark=true){
  const series=[...Array(R).keys()].flatMap(at=>{const b={type:"line",xAxisIndex:at,yAxisIndex:at,symbol:"none",silent:true,stack:"b"+at};
   return [{...b,data:v(),lineStyle:{opacity:0}},{...b,data:v(),lineStyle:{opacity:0},areaStyle:{color:"#eee",opacity:1}},
   {type:"line",xAxisIndex:at,yAxisIndex:at,symbol:"none",data:v().map((x,i)=>({value:x,symbol:i%9?"none":"diamond",symbolSize:9})),markLine:mark?{silent:true,symbol:"none",animation:false,label:{show:false},data:[{yAxis:.8}]}:undefined}];});
  return {animation:false,grid:[...Array(R).keys()].map(at=>({left:0,right:0,top:at*H+7,height:H-14})),
   xAxis:[...Array(R).keys()].map(at=>({type:"category",gridIndex:at,data:lab,axisTick:{show:false},axisLabel:{show:false},axisPointer:ptr?{show:true,type:"line",label:{show:false}}:undefined})),
   yAxis:[...Array(R).keys()].map(at=>({type:"value",gridIndex:at,min:0,max:1,show:false})),
   tooltip:{trigger:"axis"},series};
}
function single(){
  const series=[...Array(R).keys()].flatMap(at=>{const b={type:"line",symbol:"none",silent:true,stack:"b"+at};
   return [{...b,data:v().map(x=>x+R-at-1),lineStyle:{opacity:0}},{...b,data:v(),lineStyle:{opacity:0},areaStyle:{color:"#eee",opacity:1}},
   {type:"line",symbol:"none",data:v().map((x,i)=>({value:x+R-at-1,symbol:i%9?"none":"diamond",symbolSize:9})),markLine:{silent:true,symbol:"none",animation:false,label:{show:false},data:[{yAxis:.8+R-at-1}]}}];});
  return {animation:false,grid:{left:0,right:0,top:7,bottom:7},xAxis:{type:"category",data:lab,axisTick:{show:false},axisLabel:{show:false},axisPointer:{show:true,type:"line",label:{show:false}}},
   yAxis:{type:"value",min:0,max:R,show:false},tooltip:{trigger:"axis"},series};
}
function run(name,make,opts){
  const c=echarts.init(null,null,{renderer:"svg",ssr:true,width:1000,height:R*H});
  for(let i=0;i<15;i++) c.setOption(make(),opts);
  const t=process.cpuUsage(); const N=40; for(let i=0;i<N;i++) c.setOption(make(),opts);
  const u=process.cpuUsage(t); console.log(name,((u.user+u.system)/1000/N).toFixed(2),"ms CPU");
}
function cust(){
  const o=many();
  o.series=[...Array(R).keys()].flatMap(at=>{ const low=v(),high=v().map(x=>x+.3);
   return [{type:"custom",silent:true,xAxisIndex:at,yAxisIndex:at,data:[[0,0]],renderItem:(p,api)=>({type:"polygon",shape:{points:[...low.map((x,t)=>api.coord([t,x])),...high.map((x,t)=>api.coord([t,x])).reverse()]},style:{fill:"#eee"}})},
   {type:"line",xAxisIndex:at,yAxisIndex:at,symbol:"none",data:v().map((x,i)=>({value:x,symbol:i%9?"none":"diamond",symbolSize:9})),markLine:{silent:true,symbol:"none",animation:false,label:{show:false},data:[{yAxis:.8}]}}];});
  return o;
}
function custT(){
  const o=cust(); o.series=o.series.map(s=>s.type=="custom"?{...s,renderItem:(p,api)=>{const r=s.renderItem(p,api); const a=api.coord([0,.8]),b=api.coord([T-1,.8]); return {type:"group",children:[r,{type:"line",shape:{x1:a[0],y1:a[1],x2:b[0],y2:b[1]},style:{stroke:"#555",lineDash:[4,4]}}]};}}:{...s,markLine:undefined}); return o;
}
function run2(name,first,make){
  const c=echarts.init(null,null,{renderer:"svg",ssr:true,width:1000,height:R*H});
  c.setOption(first(),{notMerge:true});
  for(let i=0;i<25;i++) c.setOption(make(),{});
  const t=process.cpuUsage(); const N=60; for(let i=0;i<N;i++) c.setOption(make(),{});
  const u=process.cpuUsage(t); console.log(name,((u.user+u.system)/1000/N).toFixed(2),"ms CPU");
}
for(let k=0;k<2;k++){
run2("lines, series only",many,()=>({series:many().series}));
run2("custom, series only",cust,()=>({series:cust().series}));
run2("custom with target, series only",custT,()=>({series:custT().series}));
run("custom with target notMerge",custT,{notMerge:true});
run("lines notMerge",many,{notMerge:true});
}
